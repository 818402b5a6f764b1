// The control socket: `postrider who`, `kick`, `stats`, `reload` and `stop` of a running server. For root, and for the
// user that the server runs as.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/channel.hpp"
#include "service/steering.hpp"

namespace postrider::service {

class Control {
public:
    Control(net::Strand strand, Steering& steering);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// Opens the socket at `path` (mode 0600), in the place of one that nobody listens at. Gives what is wrong; "" for
    /// nothing: then serving begins. The folder is made (0755) when its parent is there.
    std::string open(const std::string& path);
    /// On the strand.
    void close();

private:
    Task<void> accept_all();
    Task<void> serve(std::shared_ptr<Channel> client);
    Task<void> obey(Channel& client, Order order);

    net::Strand strand_;
    Steering& steering_;
    net::Socket socket_;
    std::string path_;
    std::vector<std::weak_ptr<Channel>> clients_;
};

}  // namespace postrider::service
