// A client at the other end of a session's socket pair, in a thread of its own; and what the session logs.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/log.hpp"
#include "core/session_facts.hpp"
#include "net/pair.hpp"
#include "pop3/session.hpp"

namespace postrider::pop3::test {

/// Lines of the log under POP3's name, each with its level's first letter.
class Log {
public:
    Log() {
        set_log_sink([this](LogLevel level, std::string_view line, Protocol protocol) {
            const std::scoped_lock lock(mutex_);
            text_ += protocol == Protocol::pop3 ? "" : "not POP3: ";
            text_ += "DINWE"[static_cast<std::size_t>(level)];
            text_ += ' ';
            text_ += line;
            text_ += '\n';
        });
    }
    ~Log() { set_log_sink({}); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    std::string text() const {
        const std::scoped_lock lock(mutex_);
        return text_;
    }
    bool has(std::string_view part) const { return text().find(part) != std::string::npos; }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

/// Blocking; nothing is waited for longer than ten seconds.
class Client {
public:
    explicit Client(int socket) : socket_(socket) {
        const timeval most{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    }

    void say(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) {
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// All up to the first place where it ends so; not a byte more.
    std::string hear_until(std::string_view end) const {
        std::string heard;
        for (char c = 0; !heard.ends_with(end) && ::recv(socket_, &c, 1, 0) == 1;) {
            heard += c;
        }
        return heard;
    }
    std::string hear_all() const {
        std::string heard;
        char bytes[16 * 1024];
        for (ssize_t n = 0; (n = ::recv(socket_, bytes, sizeof bytes, 0)) > 0;) {
            heard.append(bytes, static_cast<std::size_t>(n));
        }
        return heard;
    }
    void hang_up() const { ::shutdown(socket_, SHUT_WR); }
    int socket() const { return socket_; }

private:
    int socket_;
};

inline Peer somebody() {
    return {asio::ip::make_address("192.0.2.7"), "::ffff:192.0.2.7", 444};
}

}  // namespace postrider::pop3::test
