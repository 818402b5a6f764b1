// The connection: readiness waits on a non-blocking socket, with OpenSSL on top of it where TLS is on.
#include "net/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "core/limits.hpp"
#include "net/tls_session.hpp"

namespace postrider::net {

namespace {

// Memory goes back by swap: assigning an empty std::string keeps the buffer.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_piece = 8 * 1024;
constexpr std::size_t kept_capacity = 512;
constexpr std::size_t kept_tail = 64;

}  // namespace

void throw_exception_from_error(Closed, const boost::source_location&) {
    throw_error(Error(Code::internal, "a value of a closed connection was used"));
}

Connection::Connection(Socket socket) : strand_(socket.get_executor()), socket_(std::move(socket)), timer_(strand_) {
    socket_.non_blocking(true);
    timer_.expires_at(Deadline::max());
}

Connection::~Connection() {
    tls::free(ssl_);
}

// The one timer. It is set again only when a deadline is earlier than what it waits for; when it wakes too early
// (deadlines mostly move on) it just goes back to sleep.
Task<void> Connection::watch() {
    while (!closed_) {
        timer_.expires_at(deadline_);
        co_await timer_.async_wait(as_result);
        const auto cancelled = co_await asio::this_coro::cancellation_state;
        if (cancelled.cancelled() != asio::cancellation_type::none) {
            co_return;
        }
        if (!closed_ && std::chrono::steady_clock::now() >= deadline_) {
            expired_ = true;
            deadline_ = Deadline::max();
            socket_.cancel();
        }
    }
}

Closed Connection::reason() const {
    return expired_ ? Closed::timeout : stopped_ ? Closed::stopped : Closed::by_peer;
}

void Connection::arm(Deadline deadline) {
    expired_ = false;
    deadline_ = deadline;
    if (deadline < timer_.expiry()) {
        timer_.cancel();  // watch() takes the new deadline
    }
}

Task<Io<>> Connection::wait(Direction direction, Deadline deadline) {
    if (closed_) {
        co_return Closed::by_peer;
    }
    if (deadline <= std::chrono::steady_clock::now()) {
        co_return Closed::timeout;
    }
    arm(deadline);
    const auto type = direction == Direction::read ? Socket::wait_read : Socket::wait_write;
    const auto [error] = co_await socket_.async_wait(type, as_result);
    deadline_ = Deadline::max();
    if (expired_ || closed_ || (error && !woken_ && !stopped_)) {
        co_return reason();
    }
    co_return Io<>();
}

// --- Input
// ------------------------------------------------------------------------------------------------------------

Task<Io<Wake>> Connection::wait_input(Deadline deadline) {
    if (stopped_ || finishing_) {
        co_return Closed::stopped;
    }
    if (std::exchange(woken_, false)) {
        co_return Wake::woken;
    }
    if (has_buffered_input() || tls::has_pending(ssl_)) {
        co_return Wake::input;
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

// --- Output
// -----------------------------------------------------------------------------------------------------------

void Connection::write(std::string_view bytes) {
    output_ += bytes;
}

void Connection::drop_output() {
    std::string().swap(output_);
    sent_ = 0;
}

Io<std::size_t> Connection::write_now(std::string_view bytes, Direction& wants) {
    wants = Direction::write;
    if (ssl_ != nullptr) {
        bool wants_read = false;
        const auto put = tls::write(ssl_, bytes, wants_read);
        wants = wants_read ? Direction::read : Direction::write;
        return put;
    }
    const ssize_t n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
        return static_cast<std::size_t>(n);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return std::size_t{0};
    }
    return Closed::by_peer;
}

Task<Io<>> Connection::flush() {
    while (queued() > 0) {
        if (closed_) {
            co_return Closed::by_peer;
        }
        Direction wants = Direction::write;
        const auto put = write_now(std::string_view(output_).substr(sent_), wants);
        if (!put) {
            co_return put.error();
        }
        sent_ += *put;
        sent_total_ += *put;
        if (*put > 0) {
            continue;
        }
        const auto patience = stopped_ ? std::chrono::seconds(1) : std::chrono::seconds(limits::output_stall_time);
        const auto ready = co_await wait(wants, std::chrono::steady_clock::now() + patience);
        if (!ready) {
            co_return ready.error();
        }
    }
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kept_capacity) {
        std::string().swap(output_);
    }
    co_return Io<>();
}

// --- TLS, end
// ---------------------------------------------------------------------------------------------------------

Task<Io<>> Connection::start_tls(std::shared_ptr<const TlsContext> context, Deadline deadline) {
    std::string().swap(input_);
    taken_ = 0;
    tls_context_ = std::move(context);
    SSL* ssl = tls::make(tls_context_->get(), socket_.native_handle());
    if (ssl == nullptr) {
        co_return Closed::tls;
    }
    ssl_ = ssl;
    for (;;) {
        if (stopped_) {
            co_return Closed::stopped;
        }
        bool wants_write = false;
        const auto done = tls::accept(ssl_, wants_write);
        if (!done) {
            co_return done.error();
        }
        if (*done) {
            co_return Io<>();
        }
        const auto ready = co_await wait(wants_write ? Direction::write : Direction::read, deadline);
        if (!ready) {
            co_return ready.error();
        }
    }
}

void Connection::stop() {
    stopped_ = true;
    if (!closed_) {
        socket_.cancel();
    }
    if (pause_timer_ != nullptr) {
        pause_timer_->cancel();
    }
}

void Connection::finish() {
    finishing_ = true;
    wake();
}

void Connection::abandon() {
    if (!std::exchange(closed_, true)) {
        boost::system::error_code ignored;
        socket_.close(ignored);
        timer_.cancel();
    }
}

void Connection::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    tls::say_goodbye(ssl_);
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    // Unread input would turn the close into a reset that can overtake our last words.
    char drain[4096];
    for (int i = 0; i < 16 && ::recv(socket_.native_handle(), drain, sizeof drain, MSG_DONTWAIT) > 0; ++i) {
    }
    socket_.close(ignored);
    timer_.cancel();
}

}  // namespace postrider::net
