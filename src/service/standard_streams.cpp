// A session on stdin and stdout. They may be files, pipes or a terminal, which an event loop cannot all wait for: two
// threads carry the bytes between them and a socket pair, and the session is the same as everywhere.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "core/descriptor.hpp"
#include "core/text.hpp"
#include "imap/session.hpp"
#include "net/network.hpp"
#include "pop3/session.hpp"
#include "service/log.hpp"
#include "service/process.hpp"
#include "service/server.hpp"

namespace postrider::service {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto longest_farewell = std::chrono::milliseconds(4700);

/// Copies until the end of either side. A pipe, file or terminal on one side, a socket on the other.
void carry(int from, int to) {
    char bytes[64 * 1024];
    for (;;) {
        const ssize_t got = ::read(from, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return;
        }
        for (ssize_t put = 0; put < got;) {
            const ssize_t n = ::write(to, bytes + put, static_cast<std::size_t>(got - put));
            if (n < 0 && errno != EINTR) {
                return;
            }
            put += n > 0 ? n : 0;
        }
    }
}

/// Whom a super-server names in the environment; else the own machine. compat/pop3.md section 1.
Peer peer_of_environment() {
    const char* named = std::getenv("TCPREMOTEIP");
    const auto address = named != nullptr ? net::parse_address(named) : std::nullopt;
    if (!address) {
        return {asio::ip::make_address("127.0.0.1"), "127.0.0.1", 0};
    }
    const char* port = std::getenv("TCPREMOTEPORT");
    return {net::plain_address(*address), named, parse_decimal<std::uint16_t>(port != nullptr ? port : "").value_or(0)};
}

template <class Session, class Environment>
Task<void> converse(net::Connection& connection, Environment environment, auth::Account account, std::string maildir) {
    Session session(connection, std::move(environment), peer_of_environment());
    co_await (session.run_preauth(std::move(account), std::move(maildir)) || connection.watch());
}

Task<void> conversation(Protocol protocol, net::Connection& connection, store::Store& store, const Settings& settings,
                        auth::Account account, std::string maildir) {
    if (protocol == Protocol::pop3) {
        pop3::Environment environment;
        environment.store = &store;
        environment.settings = std::make_shared<const pop3::Settings>(settings.pop3);
        return converse<pop3::Session>(connection, std::move(environment), std::move(account), std::move(maildir));
    }
    imap::Environment environment;
    environment.store = &store;
    environment.settings = std::make_shared<const imap::Settings>(settings.imap);
    return converse<imap::Session>(connection, std::move(environment), std::move(account), std::move(maildir));
}

}  // namespace

int serve_standard_streams(const Settings& settings, Protocol protocol, auth::Account account,
                           const std::string& maildir) {
    std::signal(SIGPIPE, SIG_IGN);
    ::umask(settings.umask);
    start_log(settings);
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        throw std::runtime_error("socketpair: " + std::generic_category().message(errno));
    }
    const Descriptor outside(pair[1]);

    asio::io_context loop(1);
    asio::thread_pool pool(2);
    store::Settings store_settings = settings.store;
    store_settings.descriptors = raise_descriptor_limit();
    store::Store store(pool, store_settings);
    net::Socket socket(asio::make_strand(loop), net::Socket::protocol_type(AF_UNIX, 0), pair[0]);
    net::Connection connection(std::move(socket));

    asio::signal_set signals(loop, SIGTERM, SIGINT, SIGHUP);
    signals.async_wait([&](const boost::system::error_code& error, int) {
        if (!error) {
            connection.stop();
            // Neither work on the pool nor a reader of our output who does not read may keep us.
            std::thread([] {
                std::this_thread::sleep_for(longest_farewell);
                ::_exit(EXIT_SUCCESS);
            }).detach();
        }
    });
    asio::co_spawn(connection.strand(),
                   conversation(protocol, connection, store, settings, std::move(account), maildir),
                   [&](const std::exception_ptr& error) {
                       signals.cancel();
                       if (error) {
                           std::rethrow_exception(error);
                       }
                   });
    // The reader may sit in a read that never ends: it goes with the process, not before.
    std::thread([fd = outside.get()] {
        carry(STDIN_FILENO, fd);
        ::shutdown(fd, SHUT_WR);
    }).detach();
    std::jthread writer([fd = outside.get()] { carry(fd, STDOUT_FILENO); });
    loop.run();
    writer.join();
    pool.join();
    return EXIT_SUCCESS;
}

}  // namespace postrider::service
