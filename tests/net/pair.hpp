// A Connection on one end of a socket pair, and the peer at the other end.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/descriptor.hpp"
#include "net/connection.hpp"
#include "support/catch.hpp"

namespace postrider::net::test {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

inline Deadline soon() {
    return std::chrono::steady_clock::now() + 20ms;
}

inline Deadline late() {
    return std::chrono::steady_clock::now() + 10s;
}

/// Lets everything else that is ready on the strand run.
inline Task<void> yield(const Connection& connection) {
    co_await asio::post(connection.strand(), asio::use_awaitable);
}

class Pair {
public:
    Pair() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            throw std::runtime_error("socketpair");
        }
        peer = Descriptor(ends[1]);
        connection.emplace(Socket(asio::make_strand(loop), Socket::protocol_type(AF_UNIX, 0), ends[0]));
    }

    /// The task beside watch(), as a session runs.
    void run(Task<void> task) {
        std::exception_ptr failure;
        auto done = asio::co_spawn(connection->strand(), closing(std::move(task), failure) || connection->watch(),
                                   asio::use_future);
        loop.restart();
        loop.run();
        done.get();
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

    /// Whatever fits into the socket at once must be all.
    void send(std::string_view bytes) const {
        if (::send(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) !=
            static_cast<ssize_t>(bytes.size())) {
            throw std::runtime_error("send");
        }
    }

    /// What is there now; none: end of file.
    std::optional<std::string> receive() const {
        std::string bytes(256 * 1024, '\0');
        const ssize_t n = ::recv(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN) {
            throw std::runtime_error("recv");
        }
        bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return n == 0 ? std::nullopt : std::optional(std::move(bytes));
    }

    asio::io_context loop{1};
    Descriptor peer;
    std::optional<Connection> connection;

private:
    /// `||` goes on until one side ends well: a check that fails has to end the other side too.
    Task<void> closing(Task<void> task, std::exception_ptr& failure) {
        try {
            co_await std::move(task);
        } catch (...) {
            failure = std::current_exception();
            connection->close();
        }
    }
};

}  // namespace postrider::net::test
