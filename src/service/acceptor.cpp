#include "service/acceptor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/log.hpp"
#include "imap/session.hpp"

namespace postrider::service {

namespace {

namespace ip = asio::ip;
using namespace asio::experimental::awaitable_operators;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_when_full = std::chrono::milliseconds(50);

/// IPv4 is always shown IPv4-mapped, as Courier's log has it. compat/config.md section 6.3.
imap::Peer peer_of(const ip::tcp::endpoint& endpoint) {
    const ip::address address = endpoint.address();
    if (address.is_v4()) {
        return {address, "::ffff:" + address.to_string(), endpoint.port()};
    }
    if (address.to_v6().is_v4_mapped()) {
        const auto plain = ip::make_address_v4(ip::v4_mapped, address.to_v6());
        return {plain, "::ffff:" + plain.to_string(), endpoint.port()};
    }
    return {address, address.to_string(), endpoint.port()};
}

std::string log_name(const imap::Peer& peer) {
    return "ip=[" + peer.text + "], port=[" + std::to_string(peer.port) + "]";
}

ip::tcp::endpoint endpoint_of(const Listener& listener) {
    boost::system::error_code error;
    const ip::address address =
        listener.address.empty() ? ip::address(ip::address_v6::any()) : ip::make_address(listener.address, error);
    if (error) {
        throw std::runtime_error("\"" + listener.address + "\" is no numeric address");
    }
    return {address, listener.port};
}

/// Ends the connection with the conversation, also when that ends by an exception: watch() would wait for ever.
class Closer {
public:
    explicit Closer(net::Connection& connection) : connection_(connection) {}
    Closer(const Closer&) = delete;
    Closer& operator=(const Closer&) = delete;
    ~Closer() { connection_.close(); }

private:
    net::Connection& connection_;
};

/// Handshake first where the port asks for it, then the protocol.
Task<void> converse(net::Connection& connection, imap::Session& session, std::shared_ptr<const net::TlsContext> context,
                    std::string peer) {
    const Closer closer(connection);
    if (context) {
        const auto done = co_await connection.start_tls(std::move(context), session.input_deadline());
        if (!done) {
            log_line(LogLevel::debug, "Disconnected, " + peer + ", in the TLS handshake");
            co_return;
        }
    }
    co_await session.run();
}

/// One client from the first byte to the last. Owner of everything that belongs to it.
Task<void> serve_client(net::Socket socket, Registry::Entry entry, imap::Environment environment, imap::Peer peer,
                        std::shared_ptr<const net::TlsContext> context) {
    net::Connection connection(std::move(socket));
    const auto alive = std::make_shared<net::Connection*>(&connection);
    entry.set_stop([weak = std::weak_ptr<net::Connection*>(alive), strand = connection.strand()] {
        asio::post(strand, [weak] {
            if (const auto target = weak.lock()) {
                (*target)->stop();
            }
        });
    });
    std::string name = log_name(peer);
    imap::Session session(connection, std::move(environment), std::move(peer));
    co_await (converse(connection, session, std::move(context), std::move(name)) || connection.watch());
}

void report(const std::exception_ptr& error) {
    if (!error) {
        return;
    }
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        log_line(LogLevel::error, std::string("a session ended by our mistake: ") + reason.what());
    }
}

}  // namespace

Acceptor::Acceptor(asio::io_context& loop, Listener listener, Present& present, Registry& registry)
    : loop_(loop),
      listener_(std::move(listener)),
      present_(present),
      registry_(registry),
      strand_(asio::make_strand(loop)),
      acceptor_(strand_) {
    const auto endpoint = endpoint_of(listener_);
    try {
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(ip::tcp::acceptor::reuse_address(true));
        if (listener_.address.empty()) {
            acceptor_.set_option(ip::v6_only(false));
        }
        acceptor_.bind(endpoint);
        acceptor_.listen();
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("cannot listen at " +
                                 (listener_.address.empty() ? "every address" : listener_.address) + ", port " +
                                 std::to_string(listener_.port) + ": " + error.code().message());
    }
}

void Acceptor::stop() {
    asio::post(strand_, [this] {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    });
}

Task<void> Acceptor::wait_for_room() {
    asio::steady_timer timer(strand_);
    bool told = false;
    while (acceptor_.is_open() && registry_.is_full(listener_.tls, present_.limits(listener_.tls))) {
        if (!std::exchange(told, true)) {
            log_line(LogLevel::warning,
                     std::to_string(present_.limits(listener_.tls).most) + " maximum active connections (MAXDAEMONS).");
        }
        timer.expires_after(pause_when_full);
        co_await timer.async_wait(as_result);
    }
}

Task<void> Acceptor::run() {
    while (acceptor_.is_open()) {
        co_await wait_for_room();
        auto session_strand = asio::make_strand(loop_);
        TcpSocket socket(session_strand);
        const auto [error] = co_await acceptor_.async_accept(socket, as_result);
        if (!error) {
            start_session(std::move(socket));
        } else if (acceptor_.is_open() && error != asio::error::connection_aborted) {
            log_line(LogLevel::error, "accept: " + error.message());
            asio::steady_timer timer(strand_, pause_when_full);
            co_await timer.async_wait(as_result);
        }
    }
}

void Acceptor::start_session(TcpSocket socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) {
        return;  // gone already
    }
    imap::Peer peer = peer_of(endpoint);
    auto admission = registry_.admit(listener_.tls, peer.address, present_.limits(listener_.tls));
    if (!admission.entry) {
        if (admission.refusal == Registry::Refusal::address_full) {
            log_line(LogLevel::warning, "Maximum connection limit reached for " + peer.text + " (MAXPERIP)");
        }
        return;
    }
    log_line(LogLevel::debug, "Connection, " + log_name(peer));
    socket.set_option(ip::tcp::no_delay(true), error);
    auto context = listener_.tls == Tls::from_the_start ? present_.tls() : nullptr;
    auto strand = socket.get_executor();
    auto client = serve_client(net::Socket(std::move(socket)), std::move(*admission.entry), present_.environment(),
                               std::move(peer), std::move(context));
    asio::co_spawn(strand, std::move(client), report);
}

}  // namespace postrider::service
