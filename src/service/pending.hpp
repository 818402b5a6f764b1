// A value that somebody else will bring: one waits for it on a strand, another delivers it from any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.hpp"
#include "net/connection.hpp"

namespace postrider::service {

/// Owners: the one who waits, and whoever has promised to deliver.
template <class T>
class Pending : public std::enable_shared_from_this<Pending<T>> {
public:
    explicit Pending(asio::any_io_executor strand) : strand_(std::move(strand)), timer_(strand_) {}

    /// Any thread. Only the first delivery counts.
    void deliver(T value) {
        auto shared = std::make_shared<T>(std::move(value));  // handlers may be copied, T perhaps not
        asio::post(strand_, [self = this->shared_from_this(), shared] {
            if (!self->value_) {
                self->value_ = std::move(*shared);
                self->timer_.cancel();
            }
        });
    }

    /// None: the deadline passed. On the strand; once.
    Task<std::optional<T>> wait(net::Deadline deadline) {
        if (!value_) {
            timer_.expires_at(deadline);
            co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        co_return std::exchange(value_, std::nullopt);
    }

private:
    asio::any_io_executor strand_;
    asio::steady_timer timer_;
    std::optional<T> value_;
};

}  // namespace postrider::service
