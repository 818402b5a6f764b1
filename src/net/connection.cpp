// The connection: readiness waits on a non-blocking socket, with OpenSSL on top of it where TLS is on. Its input is in
// connection_input.cpp.
#include "net/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "core/limits.hpp"
#include "net/client_certificate.hpp"
#include "net/tls_binding.hpp"
#include "net/tls_session.hpp"

namespace postrider::net {

namespace {

// Memory goes back by swap: assigning an empty std::string keeps the buffer.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kept_capacity = 512;

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

// --- Output
// -----------------------------------------------------------------------------------------------------------

void Connection::write(std::string_view bytes) {
    output_ += bytes;
}

void Connection::write_large(std::string bytes) {
    if (output_.empty()) {
        output_ = std::move(bytes);
    } else {
        output_ += bytes;
    }
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
        const auto done = tls::accept(ssl_, wants_write, tls_trouble_);
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

std::string Connection::tls_trouble() const {
    return ssl_ != nullptr ? trouble_of(ssl_, tls_trouble_) : "";
}

std::string Connection::certificate_identity() const {
    const bool wanted = ssl_ != nullptr && tls_context_->identity_field() != nullptr;
    return wanted ? identity_of(ssl_, tls_context_->identity_field()) : "";
}

std::vector<TlsBinding> Connection::tls_bindings() const {
    return ssl_ != nullptr ? bindings_of(ssl_) : std::vector<TlsBinding>();
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
