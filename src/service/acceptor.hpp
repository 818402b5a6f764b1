// Accepts connections at one address and runs their sessions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/present.hpp"
#include "service/registry.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// Opens its port when it is made. Throws std::runtime_error naming address and reason.
class Acceptor {
public:
    Acceptor(asio::io_context& loop, Listener listener, Present& present, Registry& registry);

    /// Until stop(). On strand().
    Task<void> run();
    const net::Strand& strand() const { return strand_; }
    /// Any thread.
    void stop();

private:
    using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, net::Strand>;

    Task<void> wait_for_room();
    void start_session(TcpSocket socket);

    asio::io_context& loop_;
    Listener listener_;
    Present& present_;
    Registry& registry_;
    net::Strand strand_;
    asio::basic_socket_acceptor<asio::ip::tcp, net::Strand> acceptor_;
};

}  // namespace postrider::service
