// The progress line of long work, on standard error.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace postrider::bench {

/// Says once a second what is under way: on a terminal at once, elsewhere every ten seconds and only after the first 5
/// s.
class Progress {
public:
    /// quiet: never says anything.
    Progress(std::string name, bool quiet);
    ~Progress();

    /// What happens now, such as "run 2 of 5".
    void say(const std::string& phase);
    /// Any thread.
    void count(std::uint64_t operations) { operations_.fetch_add(operations, std::memory_order_relaxed); }

private:
    void watch();
    void print(std::chrono::duration<double> since_begin);

    const std::string name_;
    const bool is_terminal_;
    std::atomic<std::uint64_t> operations_{0};
    std::mutex mutex_;  ///< of what follows
    std::condition_variable changed_;
    std::string phase_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace postrider::bench
