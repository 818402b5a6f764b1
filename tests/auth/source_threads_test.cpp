#include "auth/source_threads.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <latch>
#include <set>

#include "support/catch.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {
namespace {

struct Seat {
    bool taken = false;
};

using Answer = Result<const Seat*>;

struct Fixture {
    asio::io_context loop;  // outlives the threads that answer to it
    std::atomic<int> made = 0;
    std::atomic<bool> shared = false;  ///< a seat by two threads
    std::latch gate{1};
    SourceThreads<Seat> threads{"source", 2, [this] {
                                    ++made;
                                    return std::make_unique<Seat>();
                                }};

    ~Fixture() {
        if (!gate.try_wait()) {
            finish();  // of a test that failed: its threads would wait for ever
        }
    }

    template <class Work>
    std::future<Answer> start(Work work) {
        auto task = threads.run(std::move(work));
        auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
        loop.restart();
        loop.poll();
        return done;
    }
    std::future<Answer> start_waiting() {
        return start([this](Seat& seat) -> Answer {
            gate.wait();
            return &seat;
        });
    }
    void finish() {
        gate.count_down();
        loop.restart();
        loop.run();
    }
};

TEST_CASE("each thread has a seat to itself, and seats are used again") {
    Fixture all;
    std::vector<std::future<Answer>> waiting;
    for (int i = 0; i < 10; ++i) {
        waiting.push_back(all.start([&all](Seat& seat) -> Answer {
            all.shared = all.shared || std::exchange(seat.taken, true);  // no CHECK in another thread
            all.gate.wait();
            seat.taken = false;
            return &seat;
        }));
    }
    all.finish();
    std::set<const Seat*> seats;
    for (auto& one : waiting) {
        seats.insert(*one.get());
    }
    CHECK_FALSE(all.shared);
    CHECK(all.made <= 2);
    CHECK(seats.size() == static_cast<std::size_t>(all.made));
}

TEST_CASE("256 requests wait at most") {
    Fixture all;
    std::vector<std::future<Answer>> waiting;
    for (std::size_t i = 0; i < limits::source_queue; ++i) {
        waiting.push_back(all.start_waiting());
        CHECK(waiting.back().wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    }
    auto refused = all.start_waiting();
    REQUIRE(refused.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
    CHECK(refused.get().error() == Error(Code::unavailable, "source: too many requests are waiting"));
    all.finish();
    for (auto& one : waiting) {
        CHECK(one.get().has_value());
    }
    CHECK(all.start_waiting().valid());
    all.loop.restart();
    all.loop.run();
}

}  // namespace
}  // namespace postrider::auth
