#include "net/relay.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "core/limits.hpp"

namespace postrider::net {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_bytes = 64 * 1024;
constexpr auto time_after_client = std::chrono::seconds(30);

bool is_later(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

enum class Received : std::uint8_t { some, nothing_yet, end };

/// Puts what is there into the client's queue.
Received receive(Connection& connection, Socket& inner, bool& between_lines) {
    thread_local char piece[piece_bytes];
    const ssize_t got = ::recv(inner.native_handle(), piece, sizeof piece, MSG_DONTWAIT);
    if (got <= 0) {
        return got < 0 && is_later(errno) ? Received::nothing_yet : Received::end;
    }
    connection.write({piece, static_cast<std::size_t>(got)});
    between_lines = piece[got - 1] == '\n';
    return Received::some;
}

/// From the inner side to the client, until the inner side ends (true) or the client does (false).
Task<bool> down(Connection& connection, Socket& inner, bool& between_lines) {
    for (;;) {
        switch (receive(connection, inner, between_lines)) {
            case Received::end:
                co_return true;
            case Received::some: {
                const auto flushed = co_await connection.flush();
                if (!flushed) {
                    co_return false;
                }
                break;
            }
            case Received::nothing_yet: {
                const auto [error] = co_await inner.async_wait(Socket::wait_read, as_result);
                if (error) {
                    co_return false;
                }
                break;
            }
        }
    }
}

Task<bool> send_all(Socket& inner, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t n =
            ::send(inner.native_handle(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            sent += static_cast<std::size_t>(n);
            continue;
        }
        if (!is_later(errno)) {
            co_return false;
        }
        const auto [error] = co_await inner.async_wait(Socket::wait_write, as_result);
        if (error) {
            co_return false;
        }
    }
    co_return true;
}

/// From the client to the inner side. Ends some time after the client did: down() may still have something for it.
Task<void> up(Connection& connection, Socket& inner) {
    for (;;) {
        const auto ready = co_await connection.wait_readable();
        if (!ready && ready.error() != Closed::by_peer) {
            co_return;
        }
        const auto bytes = connection.read_available(piece_bytes);
        if (!bytes) {
            break;
        }
        const bool sent = co_await send_all(inner, *bytes);
        if (!sent) {
            break;
        }
    }
    boost::system::error_code ignored;
    inner.shutdown(Socket::shutdown_send, ignored);
    asio::steady_timer timer(connection.strand(), time_after_client);
    co_await timer.async_wait(as_result);
}

}  // namespace

Task<RelayResult> relay(Connection& connection, Socket inner) {
    inner.non_blocking(true);
    RelayResult result;
    const auto ended = co_await (down(connection, inner, result.between_lines) || up(connection, inner));
    const bool* inner_ended = std::get_if<0>(&ended);
    result.ended = inner_ended != nullptr && *inner_ended ? RelayEnd::inner : RelayEnd::client;
    co_return result;
}

}  // namespace postrider::net
