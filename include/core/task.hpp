// Coroutines: Task<T> is what may wait; on_pool() carries blocking work off the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace postrider {

namespace asio = boost::asio;

/// The result of a call that may wait; awaited at once by its caller.
template <class T = void>
using Task = asio::awaitable<T>;

/// A queue on the pool: its pieces of work run one after the other, in some pool thread.
using PoolStrand = asio::strand<asio::thread_pool::executor_type>;

namespace detail {

template <class F>
Task<std::invoke_result_t<F&>> call(F work) {
    co_return work();
}

}  // namespace detail

/// Runs work on the pool, then returns to the caller's loop. Work takes values and gives values.
/// Cancellation does not interrupt work; the caller sees it afterwards.
template <class F>
Task<std::invoke_result_t<F&>> on_pool(PoolStrand strand, F work) {
    auto job = detail::call(std::move(work));
    co_return co_await asio::co_spawn(strand, std::move(job), asio::use_awaitable);
}

}  // namespace postrider
