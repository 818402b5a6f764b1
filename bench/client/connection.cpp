#include "client/connection.hpp"

#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/watchdog.hpp"

namespace postrider::bench {

namespace {

using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_piece = 64 * 1024;

std::string text_of(int errno_value) {
    return boost::system::error_code(errno_value, boost::system::system_category()).message();
}

}  // namespace

Endpoint find_endpoint(const std::string& host, std::uint16_t port, Security security) {
    asio::io_context loop;
    boost::system::error_code error;
    const auto found = tcp::resolver(loop).resolve(host, std::to_string(port), error);
    if (error) {
        throw ConnectionError(host + ": " + error.message());
    }
    return {.address = found.begin()->endpoint(), .host = host, .security = security};
}

Connection::Connection(const asio::any_io_executor& executor)
    : socket_(executor), watchdog_(std::make_shared<Watchdog>(socket_)) {}

Connection::~Connection() {
    close();
    watchdog_->stop();
}

/// The port is chosen at connect(), which knows both ends: many more connections fit than an address has ports.
void Connection::come_from(const asio::ip::address& source) {
    boost::system::error_code error;
    socket_.open(source.is_v4() ? tcp::v4() : tcp::v6(), error);
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (!error) {
        socket_.bind({source, 0}, error);
    }
    if (error) {
        throw ConnectionError("cannot come from " + source.to_string() + ": " + error.message());
    }
}

Task<> Connection::connect(const Endpoint& endpoint, Moment deadline) {
    if (endpoint.source) {
        come_from(*endpoint.source);
    }
    watchdog_->guard(deadline);
    const auto [error] = co_await socket_.async_connect(endpoint.address, as_result);
    if (watchdog_->release()) {
        throw TimedOut("connecting took too long");
    }
    if (error) {
        throw ConnectionError("cannot connect: " + error.message());
    }
    socket_.non_blocking(true);
    socket_.set_option(tcp::no_delay(true));
}

void Connection::adopt(Descriptor socket) {
    socket_.assign(tcp::v4(), socket.release());  // the family is not looked at again
    socket_.non_blocking(true);
}

Task<> Connection::wait(tcp::socket::wait_type type, Moment deadline) {
    watchdog_->guard(deadline);
    const auto [error] = co_await socket_.async_wait(type, as_result);
    const bool is_late = watchdog_->release();
    if (error && is_late) {
        throw TimedOut("no answer in time");
    }
    if (error || !socket_.is_open()) {
        throw ConnectionError("the connection was closed here");
    }
}

Task<> Connection::wait_for_tls(int result, Moment deadline) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) {
        co_await wait(tcp::socket::wait_read, deadline);
    } else if (error == SSL_ERROR_WANT_WRITE) {
        co_await wait(tcp::socket::wait_write, deadline);
    } else if (error == SSL_ERROR_SSL) {
        const char* reason = ERR_reason_error_string(ERR_peek_last_error());
        throw ConnectionError(std::string("TLS: ") + (reason != nullptr ? reason : "failed"));
    } else {
        throw ConnectionError("the server closed the connection");
    }
}

Task<> Connection::start_tls(Tls& tls, const std::string& host, Moment deadline) {
    begin_ = end_ = 0;
    ssl_ = tls.connection(socket_.native_handle(), host);
    while (true) {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        if (result == 1) {
            break;
        }
        co_await wait_for_tls(result, deadline);
    }
}

bool Connection::is_resumed() const {
    return ssl_ != nullptr && SSL_session_reused(ssl_.get()) == 1;
}

std::size_t Connection::write_now(std::string_view bytes, int& tls_result) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        std::size_t written = 0;
        tls_result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
        return tls_result == 1 ? written : 0;
    }
    const ssize_t written = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        throw ConnectionError("sending: " + text_of(errno));
    }
    return static_cast<std::size_t>(std::max<ssize_t>(written, 0));
}

Task<> Connection::write(std::string_view bytes, Moment deadline) {
    while (!bytes.empty()) {
        if (!socket_.is_open()) {
            throw ConnectionError("not connected");
        }
        int tls_result = 0;
        const std::size_t written = write_now(bytes, tls_result);
        if (written > 0) {
            sent_ += written;
            if (transcript_) {
                transcript_(Direction::sent, bytes.substr(0, written));
            }
            bytes.remove_prefix(written);
        } else if (ssl_ != nullptr) {
            co_await wait_for_tls(tls_result, deadline);
        } else {
            co_await wait(tcp::socket::wait_write, deadline);
        }
    }
}

std::size_t Connection::read_now() {
    buffer_ = std::make_unique_for_overwrite<char[]>(read_piece);
    const ssize_t got = ::recv(socket_.native_handle(), buffer_.get(), read_piece, 0);
    if (got == 0) {
        throw ConnectionError("the server closed the connection");
    }
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
        throw ConnectionError("reading: " + text_of(errno));
    }
    return static_cast<std::size_t>(std::max<ssize_t>(got, 0));
}

Task<> Connection::read(Moment deadline) {
    if (begin_ < end_) {
        co_return;
    }
    begin_ = end_ = 0;
    buffer_.reset();
    while (end_ == 0) {
        if (!socket_.is_open()) {
            throw ConnectionError("not connected");
        }
        if (ssl_ == nullptr) {
            co_await wait(tcp::socket::wait_read, deadline);
            end_ = read_now();
            continue;
        }
        ERR_clear_error();
        auto buffer = std::make_unique_for_overwrite<char[]>(read_piece);
        const int result = SSL_read_ex(ssl_.get(), buffer.get(), read_piece, &end_);
        if (result == 1) {
            buffer_ = std::move(buffer);
        } else {
            end_ = 0;
            buffer.reset();  // SSL_get_error() needs none of it
            co_await wait_for_tls(result, deadline);
        }
    }
    received_ += end_;
    if (transcript_) {
        transcript_(Direction::received, input());
    }
}

Task<> Connection::wait_for_end(std::chrono::nanoseconds patience) {
    try {
        while (true) {
            consume(input().size());
            co_await read(Clock::now() + patience);
        }
    } catch (const TimedOut&) {
        throw;
    } catch (const ConnectionError&) {
        close();
    }
}

void Connection::close() {
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get()) == 1 && socket_.is_open()) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    ERR_clear_error();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace postrider::bench
