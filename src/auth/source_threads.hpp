// Threads for a source of accounts that blocks and may be slow: a directory, PAM. However slow it is, it holds up
// neither the loop nor the pool, nor other sources, and nobody waits for ever.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "auth/place.hpp"
#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// As many threads as seats. A seat is what a thread works with (a connection, a child) and is used by one at a time;
/// it is made when it is first needed, and lives as long as its source. Any thread.
template <class Seat>
class SourceThreads {
public:
    using Make = std::function<std::unique_ptr<Seat>()>;

    /// name: for the detail of errors. most: threads, at least 1.
    SourceThreads(std::string name, unsigned most, Make make)
        : name_(std::move(name)), make_(std::move(make)), threads_(most) {}

    /// Runs work(Seat&), which gives a Result, in a thread of this source. Errors: unavailable when
    /// limits::source_queue requests are there already, or when no thread was free within limits::source_wait; and
    /// work's own.
    template <class Work>
    Task<std::invoke_result_t<Work&, Seat&>> run(Work work) {
        using Answer = std::invoke_result_t<Work&, Seat&>;
        const Place place(requests_, limits::source_queue);
        if (!place.granted()) {
            co_return Error(Code::unavailable, name_ + ": too many requests are waiting");
        }
        const auto deadline = std::chrono::steady_clock::now() + limits::source_wait;
        auto job = [this, deadline, work = std::move(work)]() mutable -> Answer {
            if (std::chrono::steady_clock::now() > deadline) {
                return Error(Code::unavailable, name_ + ": busy with other requests");
            }
            const Taken seat(*this);
            return work(*seat.seat);
        };
        const PoolStrand beside_others = asio::make_strand(threads_);
        co_return co_await on_pool(beside_others, std::move(job));
    }

private:
    /// A free seat, given back at the end. There is always one: no more threads than seats.
    struct Taken {
        explicit Taken(SourceThreads& threads) : owner(threads) {
            const std::scoped_lock lock(owner.mutex_);
            if (owner.free_.empty()) {
                seat = owner.make_();
            } else {
                seat = std::move(owner.free_.back());
                owner.free_.pop_back();
            }
        }
        ~Taken() {
            const std::scoped_lock lock(owner.mutex_);
            owner.free_.push_back(std::move(seat));
        }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;

        SourceThreads& owner;
        std::unique_ptr<Seat> seat;
    };

    std::string name_;
    Make make_;
    std::atomic<std::size_t> requests_ = 0;
    std::mutex mutex_;  ///< of what follows
    std::vector<std::unique_ptr<Seat>> free_;
    asio::thread_pool threads_;  ///< last: its end waits for work under way
};

}  // namespace postrider::auth
