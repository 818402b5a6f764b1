// The servers that sessions are opened with: the one under test, by its port, and a foreign one on the same Maildir.
#pragma once

#include <memory>
#include <string>

#include "client/imap.hpp"
#include "stress/checker.hpp"
#include "stress/options.hpp"

namespace postrider::bench::stress {

class Peer {
public:
    explicit Peer(Standard standard) : standard_(standard) {}
    virtual ~Peer() = default;

    Standard standard() const { return standard_; }
    /// Makes it a session that is logged in. Throws ConnectionError.
    virtual Task<> open(ImapClient& client) = 0;

private:
    Standard standard_;
};

std::unique_ptr<Peer> server_under_test(const StressOptions& options);
/// Every session is a process of its own, that ends with its connection.
std::unique_ptr<Peer> foreign_server(const StressOptions& options);

}  // namespace postrider::bench::stress
