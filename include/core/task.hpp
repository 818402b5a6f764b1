// Coroutines: Task<T> is what may wait; on_pool() carries blocking work off the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace postrider {

namespace asio = boost::asio;

/// The result of a call that may wait; awaited at once by its caller.
template <class T = void>
using Task = asio::awaitable<T>;

/// A queue on the pool: its pieces of work run one after the other, in some pool thread.
using PoolStrand = asio::strand<asio::thread_pool::executor_type>;

namespace detail {

/// What work gave or threw, on its way back to the caller's loop.
template <class R>
struct Done {
    std::exception_ptr thrown;
    std::optional<R> result;
};

/// work, and what it holds, has ended when this returns.
template <class R, class F>
Done<R> run(F work) noexcept {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            work();
            return {nullptr, R()};
        } else {
            return {nullptr, work()};
        }
    } catch (...) {
        return {std::current_exception(), std::nullopt};
    }
}

}  // namespace detail

/// Runs work on the pool, then returns to the caller's loop. Work takes values and gives values.
/// Cancellation does not interrupt work; the caller sees it afterwards.
template <class F>
Task<std::invoke_result_t<F&>> on_pool(PoolStrand strand, F work) {
    constexpr bool gives_nothing = std::is_void_v<std::invoke_result_t<F&>>;
    using R = std::conditional_t<gives_nothing, std::monostate, std::invoke_result_t<F&>>;
    // One post there and one back; co_spawn on the strand takes more.
    auto start = [&strand, &work](auto handler) {
        auto loop = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
        asio::post(strand, [work = std::move(work), handler = std::move(handler), loop = std::move(loop)]() mutable {
            asio::post(loop, [done = detail::run<R>(std::move(work)), handler = std::move(handler)]() mutable {
                std::move(handler)(done.thrown, std::move(done.result));
            });
        });
    };
    using Gives = void(std::exception_ptr, std::optional<R>);
    auto result =
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, Gives>(std::move(start), asio::use_awaitable);
    if constexpr (!gives_nothing) {
        co_return std::move(*result);
    }
}

}  // namespace postrider
