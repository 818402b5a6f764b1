// The deadline of a connection's waits. Its timer is set again only when it rings, or for an earlier deadline: a
// thousand commands of a minute's patience each set it a few times.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace postrider::bench {

/// Cancels what its socket waits for when the deadline passes. Shared by the connection and the timer's handler.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
public:
    using Moment = std::chrono::steady_clock::time_point;

    explicit Watchdog(boost::asio::ip::tcp::socket& socket) : socket_(&socket), timer_(socket.get_executor()) {}

    void guard(Moment deadline) {
        deadline_ = deadline;
        waits_ = true;
        passed_ = false;
        if (!armed_ || deadline < armed_for_) {
            arm();
        }
    }

    /// The wait has ended; true: by the deadline.
    bool release() {
        waits_ = false;
        return passed_;
    }

    /// Of the socket's owner, before the socket goes.
    void stop() {
        waits_ = false;
        socket_ = nullptr;
        timer_.cancel();
    }

private:
    void arm() {
        armed_ = true;
        armed_for_ = deadline_;
        timer_.expires_at(deadline_);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) {
                self->ring();
            }
        });
    }

    void ring() {
        armed_ = false;
        if (!waits_) {
            return;
        }
        if (std::chrono::steady_clock::now() < deadline_) {
            arm();
            return;
        }
        passed_ = true;
        boost::system::error_code ignored;  // of a socket that its owner has closed: nothing waits for it any more
        socket_->cancel(ignored);
    }

    boost::asio::ip::tcp::socket* socket_;
    boost::asio::steady_timer timer_;
    Moment deadline_;
    Moment armed_for_;
    bool armed_ = false;
    bool waits_ = false;
    bool passed_ = false;
};

}  // namespace postrider::bench
