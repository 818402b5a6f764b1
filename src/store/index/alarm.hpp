// Calls something later, from one thread for the whole store: the pool has no timers, and is better without them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace postrider::store::index {

/// Any thread. Calls that are not due at its end are not made.
class Alarm {
public:
    /// Null: no thread can be had.
    static std::shared_ptr<Alarm> start();
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// call must not block, nor end the alarm.
    void after(std::chrono::steady_clock::duration time, std::function<void()> call);

private:
    Alarm() = default;
    void run();

    std::mutex mutex_;
    std::condition_variable news_;
    std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> calls_;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace postrider::store::index
