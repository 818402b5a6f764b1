#include "service/front.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/log.hpp"
#include "imap/session.hpp"
#include "net/network.hpp"
#include "pop3/session.hpp"

namespace postrider::service {

namespace {

namespace ip = asio::ip;
using namespace asio::experimental::awaitable_operators;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto pause_when_full = std::chrono::milliseconds(50);

/// IPv4 is always shown IPv4-mapped, as Courier's log has it. compat/config.md section 6.3.
Peer peer_at(const ip::address& address, std::uint16_t port) {
    const auto plain = net::plain_address(address);
    return {plain, (plain.is_v4() ? "::ffff:" : "") + plain.to_string(), port};
}

std::string log_name(const Peer& peer) {
    return "ip=[" + peer.text + "], port=[" + std::to_string(peer.port) + "]";
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

/// Some descriptors are kept for what a session needs besides its connection.
int descriptors_for_clients() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX)) - 32;
}

void report(const std::exception_ptr& error) {
    if (!error) {
        return;
    }
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        log_line(LogLevel::error, std::string("a connection ended by our mistake: ") + reason.what());
    }
}

}  // namespace

struct Front::Acceptor {
    Acceptor(asio::io_context& loop, Descriptor listening, Entrance how)
        : strand(asio::make_strand(loop)), socket(strand), entrance(how) {
        sockaddr_storage at{};
        socklen_t size = sizeof at;
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&at), &size);
        socket.assign(at.ss_family == AF_INET6 ? ip::tcp::v6() : ip::tcp::v4(), listening.release());
    }

    net::Strand strand;
    asio::basic_socket_acceptor<ip::tcp, net::Strand> socket;
    Entrance entrance;
};

Front::Front(asio::io_context& loop, Registry& registry, auth::Gate& gate, Onward& onward)
    : loop_(loop),
      registry_(registry),
      gate_(gate),
      onward_(onward),
      descriptors_for_clients_(descriptors_for_clients()) {}

Front::~Front() = default;

// --- Accepting -------------------------------------------------------------------------------------------------------

void Front::add_listener(Descriptor socket, Entrance entrance) {
    acceptors_.push_back(std::make_unique<Acceptor>(loop_, std::move(socket), entrance));
}

void Front::start() {
    for (const auto& acceptor : acceptors_) {
        asio::co_spawn(acceptor->strand, accept_all(*acceptor), [](const std::exception_ptr& error) {
            if (error) {
                // A server that does not accept must not seem to be well.
                report(error);
                ::_exit(EXIT_FAILURE);
            }
        });
    }
}

void Front::stop_accepting() {
    for (const auto& acceptor : acceptors_) {
        asio::post(acceptor->strand, [&socket = acceptor->socket] {
            boost::system::error_code ignored;
            socket.close(ignored);
        });
    }
}

void Front::end(Ending ending) {
    stop_accepting();
    registry_.end_all(ending);
}

void Front::end_before_login() {
    stop_accepting();
    registry_.end_before_login();
}

Task<void> Front::wait_for_room(Acceptor& acceptor) {
    const Door door = acceptor.entrance.door;
    asio::steady_timer timer(acceptor.strand);
    bool told = false;
    while (acceptor.socket.is_open() && registry_.is_full(door, present_.limits(door))) {
        if (!std::exchange(told, true)) {
            log_line(
                LogLevel::warning,
                std::to_string(present_.limits(door).connections.most) + " maximum active connections (MAXDAEMONS).",
                door.protocol);
        }
        timer.expires_after(pause_when_full);
        co_await timer.async_wait(as_result);
    }
}

Task<void> Front::accept_all(Acceptor& acceptor) {
    while (acceptor.socket.is_open()) {
        co_await wait_for_room(acceptor);
        TcpSocket socket(asio::make_strand(loop_));
        const auto [error] = co_await acceptor.socket.async_accept(socket, as_result);
        if (error == asio::error::invalid_argument) {
            throw std::runtime_error("a listener was shut");
        }
        if (!error && socket.native_handle() >= descriptors_for_clients_) {
            if (told_.times_since("open files")) {
                log_line(LogLevel::error, "too many open files: raise the limit (LimitNOFILE=, ulimit -n)");
            }
            boost::system::error_code ignored;
            socket.close(ignored);
            asio::steady_timer timer(acceptor.strand, pause_when_full);
            co_await timer.async_wait(as_result);
        } else if (!error) {
            // The connection before this one may have logged in meanwhile.
            co_await wait_for_room(acceptor);
            const auto strand = socket.get_executor();
            asio::co_spawn(strand, serve_client(std::move(socket), acceptor.entrance), report);
        } else if (acceptor.socket.is_open() && error != asio::error::connection_aborted) {
            log_line(LogLevel::error, "accept: " + error.message());
            asio::steady_timer timer(acceptor.strand, pause_when_full);
            co_await timer.async_wait(as_result);
        }
    }
}

// --- One client ------------------------------------------------------------------------------------------------------

Task<void> Front::serve_client(TcpSocket socket, Entrance entrance) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) {
        co_return;  // gone already
    }
    socket.set_option(ip::tcp::no_delay(true), error);
    net::Connection connection{net::Socket(std::move(socket))};
    co_await (converse(connection, peer_at(endpoint.address(), endpoint.port()), entrance) || connection.watch());
}

Task<bool> Front::ask_proxy(net::Connection& connection, Peer& peer, Entrance entrance) {
    if (!present_.trusts_proxy(peer.address)) {
        ++counters_.refused_proxies;
        log_line(LogLevel::warning,
                 "Connection refused, " + log_name(peer) + ", port " + std::to_string(entrance.port) +
                     " is for proxies and this address is not in PROXY_TRUSTED",
                 entrance.door.protocol);
        co_return false;
    }
    const auto source =
        co_await connection.accept_proxy_header(std::chrono::steady_clock::now() + limits::proxy_header_time);
    if (!source) {
        ++counters_.refused_proxies;
        log_line(LogLevel::warning, "Connection refused, " + log_name(peer) + ", no valid PROXY header came",
                 entrance.door.protocol);
        co_return false;
    }
    if (*source) {
        peer = peer_at((**source).address, (**source).port);
    }
    co_return true;
}

std::optional<Registry::Entry> Front::admitted(const Peer& peer, Door door) {
    const net::Access access = present_.access(door.protocol, peer.address);
    if (!access.allowed) {
        ++counters_.refused_by_list;
        log_line(LogLevel::debug,
                 "Connection refused, " + log_name(peer) + ", by " +
                     (door.protocol == Protocol::imap ? "IMAPACCESSFILE" : "POP3ACCESSFILE"),
                 door.protocol);
        return std::nullopt;
    }
    Registry::Limits limits = present_.limits(door);
    limits.connections.per_address = access.per_address.value_or(limits.connections.per_address);
    auto admission = registry_.admit(door, peer.address, limits);
    if (admission.refusal == Registry::Refusal::address_full || admission.refusal == Registry::Refusal::full) {
        ++counters_.refused_by_limit;
        if (const auto number = told_.times_since(address_key(peer.address))) {
            log_line(LogLevel::warning,
                     "Maximum connection limit reached for " + peer.text + " (MAXPERIP), " + std::to_string(*number) +
                         " refused",
                     door.protocol);
        }
    }
    if (!admission.entry) {
        return std::nullopt;
    }
    if (registry_.dropped() > dropped_told_.exchange(registry_.dropped())) {
        if (const auto number = told_.times_since("before login")) {
            log_line(LogLevel::warning,
                     "Too many connections before login, the oldest of " + peer.text + " or of all dropped " +
                         std::to_string(*number) + " times (MAX_BEFORE_LOGIN, MAXPERIP_BEFORE_LOGIN)",
                     door.protocol);
        }
    }
    ++counters_.connections[index(door)];
    log_line(LogLevel::debug, "Connection, " + log_name(peer), door.protocol);
    return std::move(admission.entry);
}

namespace {

/// In a frame of its own, which is gone while the session goes on.
template <class Session, class Environment>
Task<std::unique_ptr<Admission>> run_first_half(net::Connection& connection, Environment environment, Peer peer) {
    Session session(connection, std::move(environment), std::move(peer));
    co_return co_await session.run_login();
}

}  // namespace

Task<std::unique_ptr<Admission>> Front::run_login(net::Connection& connection, Peer peer, Protocol protocol) {
    if (protocol == Protocol::pop3) {
        pop3::Environment environment;
        environment.gate = &gate_;
        environment.settings = present_.pop3();
        environment.stls = present_.starttls(protocol);
        co_return co_await run_first_half<pop3::Session>(connection, std::move(environment), std::move(peer));
    }
    imap::Environment environment;
    environment.gate = &gate_;
    environment.settings = present_.imap();
    environment.starttls = present_.starttls(protocol);
    co_return co_await run_first_half<imap::Session>(connection, std::move(environment), std::move(peer));
}

/// For a door with TLS from the start. False: the connection is to be closed.
Task<bool> Front::shake_hands(net::Connection& connection, const Peer& peer, Protocol protocol) {
    const auto login_time = protocol == Protocol::imap ? present_.imap()->login_time : present_.pop3()->login_time;
    const auto done =
        co_await connection.start_tls(present_.tls(protocol), std::chrono::steady_clock::now() + login_time);
    ++(done ? counters_.handshakes : counters_.failed_handshakes);
    if (!done) {
        const std::string trouble = connection.tls_trouble();
        log_line(LogLevel::debug,
                 "Disconnected, " + log_name(peer) + ", in the TLS handshake" + (trouble.empty() ? "" : ": " + trouble),
                 protocol);
    }
    co_return done.has_value();
}

Task<void> Front::converse(net::Connection& connection, Peer peer, Entrance entrance) {
    const Closer closer(connection);
    if (entrance.proxy) {
        const bool known = co_await ask_proxy(connection, peer, entrance);
        if (!known) {
            co_return;
        }
    }
    auto place = admitted(peer, entrance.door);
    if (!place) {
        co_return;
    }
    // From other threads, perhaps when this is over.
    const auto alive = std::make_shared<net::Connection*>(&connection);
    place->set_end([weak = std::weak_ptr<net::Connection*>(alive), strand = connection.strand()](Ending ending) {
        asio::post(strand, [weak, ending] {
            if (const auto target = weak.lock()) {
                ending == Ending::now ? (*target)->stop() : (*target)->finish();
            }
        });
    });
    const Protocol protocol = entrance.door.protocol;
    if (entrance.door.tls == Tls::from_the_start) {
        const bool secure = co_await shake_hands(connection, peer, protocol);
        if (!secure) {
            co_return;
        }
    }
    auto admission = co_await run_login(connection, std::move(peer), protocol);
    if (admission) {
        place->logged_in();
        co_await onward_.take(connection, std::move(admission), entrance.door, std::move(*place));
    }
}

// --- Figures ---------------------------------------------------------------------------------------------------------

std::vector<Figure> Front::figures() const {
    return {
        {"connections_accepted_total", "listener=\"imap\"", counters_.connections[0]},
        {"connections_accepted_total", "listener=\"imaps\"", counters_.connections[1]},
        {"connections_accepted_total", "listener=\"pop3\"", counters_.connections[2]},
        {"connections_accepted_total", "listener=\"pop3s\"", counters_.connections[3]},
        {"connections", "", registry_.size()},
        {"connections_before_login", "", registry_.before_login()},
        {"connections_dropped_total", "", registry_.dropped()},
        {"connections_refused_total", "reason=\"access_list\"", counters_.refused_by_list},
        {"connections_refused_total", "reason=\"address_limit\"", counters_.refused_by_limit},
        {"connections_refused_total", "reason=\"proxy\"", counters_.refused_proxies},
        {"tls_handshakes_total", "", counters_.handshakes},
        {"tls_handshakes_failed_total", "", counters_.failed_handshakes},
    };
}

}  // namespace postrider::service
