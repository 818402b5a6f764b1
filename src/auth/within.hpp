// A deadline for whatever waits.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "core/task.hpp"

namespace postrider::auth {

/// As one value: Asio's || would take the choices of a variant apart.
template <class T>
Task<std::optional<T>> as_one(Task<T> task) {
    co_return co_await std::move(task);
}

/// What the task gives. None: it took longer; then it was cancelled, and has ended.
template <class T>
Task<std::optional<T>> within(std::chrono::steady_clock::duration limit, Task<T> task) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    auto first = co_await (as_one(std::move(task)) || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (first.index() == 0) {
        co_return std::get<0>(std::move(first));
    }
    co_return std::nullopt;
}

}  // namespace postrider::auth
