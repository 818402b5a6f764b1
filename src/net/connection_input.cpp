// The input of a connection: waiting for it, lines, bytes, and what was read ahead.
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "net/connection.hpp"
#include "net/tls_session.hpp"

namespace postrider::net {

namespace {

// Memory goes back by swap: assigning an empty std::string keeps the buffer.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_piece = 8 * 1024;
constexpr std::size_t kept_capacity = 512;
constexpr std::size_t kept_tail = 64;

}  // namespace

Task<Io<Wake>> Connection::wait_input(Deadline deadline) {
    if (stopped_ || finishing_) {
        co_return Closed::stopped;
    }
    // Input and the deadline come first: news without end must not keep the client from being heard.
    if (has_buffered_input() || tls::has_pending(ssl_) || (woken_ && is_readable())) {
        co_return Wake::input;
    }
    if (woken_ && std::chrono::steady_clock::now() >= deadline) {
        co_return Closed::timeout;
    }
    if (std::exchange(woken_, false)) {
        co_return Wake::woken;
    }
    release_input();
    waits_for_input_ = true;
    const auto ready = co_await wait(Direction::read, deadline);
    waits_for_input_ = false;
    if (!ready) {
        co_return ready.error();
    }
    if (stopped_ || finishing_) {
        co_return Closed::stopped;
    }
    co_return std::exchange(woken_, false) ? Wake::woken : Wake::input;
}

bool Connection::is_readable() {
    char byte = 0;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EINTR);
}

Task<Io<>> Connection::pause(Deadline until) {
    if (!stopped_ && !closed_) {
        asio::steady_timer timer(strand_, until);
        pause_timer_ = &timer;
        co_await timer.async_wait(as_result);
        pause_timer_ = nullptr;
    }
    if (stopped_ || closed_) {
        co_return reason();
    }
    co_return Io<>();
}

void Connection::wake() {
    woken_ = true;
    if (waits_for_input_) {
        socket_.cancel();
    }
}

Task<Io<>> Connection::wait_readable() {
    if (stopped_ || closed_) {
        co_return reason();
    }
    if (has_buffered_input() || tls::has_pending(ssl_)) {
        co_return Io<>();
    }
    const auto [error] = co_await socket_.async_wait(Socket::wait_read, as_result);
    if (expired_ || closed_ || stopped_ || error) {
        co_return reason();
    }
    co_return Io<>();
}

Io<std::string> Connection::read_available(std::size_t most) {
    if (!has_buffered_input()) {
        release_input();
        Direction wants = Direction::read;
        const auto got = read_now(std::min(most, read_piece), wants);
        if (!got) {
            return got.error();
        }
    }
    const std::size_t size = std::min(most, input_.size() - taken_);
    std::string bytes = input_.substr(taken_, size);
    taken_ += size;
    release_input();
    return bytes;
}

std::string Connection::take_input() {
    std::string bytes = input_.substr(taken_);
    std::string().swap(input_);
    taken_ = 0;
    return bytes;
}

void Connection::release_input() {
    if (taken_ == input_.size()) {
        input_.clear();
        taken_ = 0;
        if (input_.capacity() > kept_capacity) {
            std::string().swap(input_);
        }
    }
}

Io<std::size_t> Connection::read_now(std::size_t most, Direction& wants) {
    const std::size_t before = input_.size();
    input_.resize(before + most);
    wants = Direction::read;
    Io<std::size_t> got = std::size_t{0};
    if (ssl_ != nullptr) {
        bool wants_write = false;
        got = tls::read(ssl_, input_.data() + before, most, wants_write);
        wants = wants_write ? Direction::write : Direction::read;
    } else {
        const ssize_t n = ::recv(socket_.native_handle(), input_.data() + before, most, MSG_DONTWAIT);
        if (n > 0) {
            got = static_cast<std::size_t>(n);
        } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            got = Closed::by_peer;
        }
    }
    input_.resize(before + (got ? *got : 0));
    received_ += got ? *got : 0;
    return got;
}

Task<Io<>> Connection::fill(Deadline deadline) {
    if (taken_ == input_.size()) {
        input_.clear();
        taken_ = 0;
    } else if (taken_ >= read_piece) {
        input_.erase(0, std::exchange(taken_, 0));
    }
    for (;;) {
        if (stopped_) {
            co_return Closed::stopped;
        }
        if (deadline <= std::chrono::steady_clock::now()) {
            co_return Closed::timeout;
        }
        Direction wants = Direction::read;
        const auto got = read_now(read_piece, wants);
        if (!got) {
            co_return got.error();
        }
        if (*got > 0) {
            // Others' turn: a client that sends faster than we read would have its thread for itself.
            co_await asio::post(strand_, asio::use_awaitable);
            co_return Io<>();
        }
        if (queued() > 0) {
            // Answers to what came before do not wait until a command that has only begun is whole.
            const auto flushed = co_await flush();
            if (!flushed) {
                co_return flushed.error();
            }
            continue;
        }
        const auto ready = co_await wait(wants, deadline);
        if (!ready) {
            co_return ready.error();
        }
    }
}

Task<Io<std::string>> Connection::read_line(std::size_t most, Deadline deadline) {
    std::size_t searched = 0;
    for (;;) {
        const std::string_view have = std::string_view(input_).substr(taken_);
        const auto end = have.find('\n', searched);
        if (end == std::string_view::npos ? have.size() >= most : end >= most) {
            co_return Closed::too_long;
        }
        if (end != std::string_view::npos) {
            const std::size_t length = end > 0 && have[end - 1] == '\r' ? end - 1 : end;
            std::string line(have.substr(0, length));
            taken_ += end + 1;
            release_input();
            co_return line;
        }
        searched = have.size();
        const auto filled = co_await fill(deadline);
        if (!filled) {
            co_return filled.error();
        }
    }
}

Task<Io<std::string>> Connection::skip_line(Deadline deadline) {
    std::string tail;
    for (;;) {
        const auto end = input_.find('\n', taken_);
        const std::size_t stop = end == std::string::npos ? input_.size() : end;
        const std::size_t from = std::max(taken_, stop > kept_tail ? stop - kept_tail : 0);
        tail.append(input_, from, stop - from);
        tail.erase(0, tail.size() > kept_tail ? tail.size() - kept_tail : 0);
        taken_ = end == std::string::npos ? input_.size() : end + 1;
        if (end != std::string::npos) {
            release_input();
            if (tail.ends_with('\r')) {
                tail.pop_back();
            }
            co_return tail;
        }
        const auto filled = co_await fill(deadline);
        if (!filled) {
            co_return filled.error();
        }
    }
}

Task<Io<std::string>> Connection::read_some(std::size_t most, Deadline deadline) {
    if (!has_buffered_input()) {
        const auto filled = co_await fill(deadline);
        if (!filled) {
            co_return filled.error();
        }
    }
    const std::size_t size = std::min(most, input_.size() - taken_);
    std::string bytes = input_.substr(taken_, size);
    taken_ += size;
    release_input();
    co_return bytes;
}

Task<Io<>> Connection::read_bytes(std::string& out, std::size_t size, Deadline deadline) {
    while (size > 0) {
        const auto piece = co_await read_some(size, deadline);
        if (!piece) {
            co_return piece.error();
        }
        out += *piece;
        size -= piece->size();
    }
    co_return Io<>();
}

}  // namespace postrider::net
