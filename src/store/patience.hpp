// Work that needs a folder's lock, while another program holds it: no thread waits meanwhile.
#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::store {

/// Runs work on the account's strand; again and again as long as it gives Code::locked, with pauses in which others
/// have the strand. work: does nothing that lasts before it has the lock. Gives up after ten seconds, longer than any
/// scan of a healthy folder by any program holds the lock: unavailable.
template <class F>
Task<std::invoke_result_t<F&>> on_strand(PoolStrand strand, F work) {
    constexpr auto patience = std::chrono::seconds(10);
    constexpr auto longest_pause = std::chrono::milliseconds(50);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto kept = std::make_shared<F>(std::move(work));  // owners: this, and the piece of pool work under way
    const auto executor = co_await asio::this_coro::executor;
    for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, longest_pause)) {
        auto once = [kept] { return (*kept)(); };
        auto result = co_await on_pool(strand, std::move(once));
        if (result || result.error().code != Code::locked) {
            co_return std::move(result);
        }
        asio::steady_timer timer(executor, pause);
        const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (cancelled || std::chrono::steady_clock::now() >= deadline) {
            co_return Error(Code::unavailable, result.error().detail);
        }
    }
}

}  // namespace postrider::store
