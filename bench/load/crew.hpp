// Many sessions doing the same: prepared, warmed up, measured, cleaned up; divided among threads.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "load/scenario.hpp"

namespace postrider::bench {

/// Who a worker is.
struct Place {
    Target& target;
    asio::any_io_executor executor;  ///< all that the worker waits for runs on it, in one thread
    unsigned index = 0;              ///< of the connection; says which account
    unsigned share = 0;              ///< among the workers of the same account: this one,
    unsigned sharers = 1;            ///< and how many they are

    const Options& options() const { return target.options(); }
};

/// One session's work. Made for one run.
class Worker {
public:
    virtual ~Worker() = default;

    /// Before all that is measured; an exception ends the scenario.
    virtual Task<> prepare() { co_return; }
    /// The measured part begins; with --duration it ends at this moment.
    virtual void begin(Moment /*end*/) {}
    /// Once what is measured; counts it. Gives false where nothing is left to do. AnswerErrors are counted; so are
    /// ConnectionErrors, after which the worker ends, unless goes_on_after_loss().
    virtual Task<bool> operate(Tally& tally) = 0;
    /// After all that is measured, when no error has come.
    virtual Task<> finish() { co_return; }
    /// So far.
    virtual Traffic traffic() = 0;
    virtual bool goes_on_after_loss() const { return false; }
};

using MakeWorker = std::function<std::unique_ptr<Worker>(const Place& place)>;

/// A run of options().connections workers, each options().count times or for options().duration.
/// at_once: of each thread, so many workers are measured side by side; 0: all.
Figures run_workers(Bench& bench, const MakeWorker& make, unsigned at_once = 0);

/// Runs one coroutine on a loop to its end, and gives or throws what it does. What else runs there goes on meanwhile
/// and stops with it.
void run_until_done(asio::io_context& loop, Task<> task);

template <class W>
Figures run_workers_of(Bench& bench) {
    return run_workers(bench, [](const Place& place) { return std::make_unique<W>(place); });
}

}  // namespace postrider::bench
