#include "load/crew.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace postrider::bench {

namespace {

/// What the preparations left to do, the end of a log-in for one, is no part of what is measured either.
constexpr std::chrono::milliseconds rest_before_measuring{50};
constexpr unsigned prepared_at_once = 32;  ///< of a thread: a storm of connections is no part of what is measured

/// A thread's part of the crew.
struct Lane {
    asio::io_context loop{1};
    std::vector<std::unique_ptr<Worker>> workers;
    Tally tally;
    Tally unseen;             ///< of the warm-up
    std::size_t next = 0;     ///< of workers, in the phase under way
    std::size_t running = 0;  ///< coroutines of that phase
    std::exception_ptr failure;
};

using Work = std::function<Task<>(Lane& lane, Worker& worker)>;

Task<> take_turns(Lane& lane, const Work& work) {
    while (lane.next < lane.workers.size()) {
        Worker& worker = *lane.workers[lane.next++];
        co_await work(lane, worker);
    }
}

void run_lane(Lane& lane, const Work& work, std::size_t at_once) {
    lane.next = 0;
    lane.running = std::min(at_once, lane.workers.size());
    lane.loop.restart();
    for (std::size_t i = lane.running; i > 0; --i) {
        asio::co_spawn(lane.loop, take_turns(lane, work), [&lane](std::exception_ptr failure) {
            if (failure && !lane.failure) {
                lane.failure = failure;
            }
            if (--lane.running == 0 || lane.failure) {
                lane.loop.stop();
            }
        });
    }
    lane.loop.run();
}

class Crew {
public:
    Crew(Bench& bench, const MakeWorker& make) : bench_(bench), lanes_(bench.options().threads) {
        const Options& options = bench.options();
        const auto accounts =
            static_cast<unsigned>(std::min<std::size_t>(options.accounts.size(), options.connections));
        for (unsigned i = 0; i < options.connections; ++i) {
            Lane& lane = lanes_[i % lanes_.size()];
            const unsigned account = i % accounts;
            const unsigned sharers = (options.connections - account + accounts - 1) / accounts;
            lane.workers.push_back(make({bench.target, lane.loop.get_executor(), i, i / accounts, sharers}));
        }
    }

    /// Throws the first exception that a worker's work threw.
    void run(const Work& work, std::size_t at_once) {
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 1; i < lanes_.size(); ++i) {
                threads.emplace_back([this, i, &work, at_once] { run_lane(lanes_[i], work, at_once); });
            }
            run_lane(lanes_.front(), work, at_once);
        }
        for (Lane& lane : lanes_) {
            if (lane.failure) {
                std::rethrow_exception(lane.failure);
            }
        }
    }

    Tally tally() const {
        Tally all;
        for (const Lane& lane : lanes_) {
            all.add(lane.tally);
        }
        return all;
    }

    Task<> warm_up(Lane& lane, Worker& worker) {
        for (std::uint64_t n = 0; n < bench_.options().warm_up; ++n) {
            // Not within a condition: g++ 12.2 awaits there whatever stands before &&, and can lose its way back.
            const bool goes_on = co_await worker.operate(lane.unseen);
            if (!goes_on) {
                break;
            }
        }
    }

    Task<> measured(Lane& lane, Worker& worker) {
        const Options& options = bench_.options();
        const Moment end = end_of(options);
        const Traffic before = worker.traffic();
        worker.begin(end);
        for (std::uint64_t n = 0; options.duration ? Clock::now() < end : n < options.count; ++n) {
            const bool goes_on = co_await operate(lane.tally, worker);
            if (!goes_on) {
                break;
            }
        }
        const Traffic after = worker.traffic();
        lane.tally.traffic.received += after.received - before.received;
        lane.tally.traffic.sent += after.sent - before.sent;
    }

private:
    Task<bool> operate(Tally& tally, Worker& worker) {
        const std::uint64_t before = tally.operations;
        bool goes_on = true;
        try {
            goes_on = co_await worker.operate(tally);
        } catch (const AnswerError& error) {
            tally.errors.add(error.what());
        } catch (const ConnectionError& error) {
            tally.errors.add(error.what());
            goes_on = worker.goes_on_after_loss();
        }
        bench_.progress.count(tally.operations - before);
        co_return goes_on;
    }

    Bench& bench_;
    std::vector<Lane> lanes_;
};

}  // namespace

Figures run_workers(Bench& bench, const MakeWorker& make, unsigned at_once) {
    const Options& options = bench.options();
    Crew crew(bench, make);
    crew.run([](Lane&, Worker& worker) { return worker.prepare(); }, prepared_at_once);
    crew.run([&crew](Lane& lane, Worker& worker) { return crew.warm_up(lane, worker); }, options.connections);
    Figures figures;
    if (bench.server != nullptr) {
        bench.server->settle(rest_before_measuring);
    }
    Meter meter(bench.server, options.settle);
    meter.start();
    crew.run([&crew](Lane& lane, Worker& worker) { return crew.measured(lane, worker); },
             at_once > 0 ? at_once : options.connections);
    meter.stop(figures);
    figures.tally = crew.tally();
    if (figures.tally.errors.count() == 0) {
        crew.run([](Lane&, Worker& worker) { return worker.finish(); }, prepared_at_once);
    }
    return figures;
}

void run_until_done(asio::io_context& loop, Task<> task) {
    std::exception_ptr failure;
    loop.restart();
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown) {
        failure = thrown;
        loop.stop();
    });
    loop.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

}  // namespace postrider::bench
