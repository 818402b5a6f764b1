#include "store/index/alarm.hpp"

#include <system_error>
#include <utility>

namespace postrider::store::index {

std::shared_ptr<Alarm> Alarm::start() {
    std::shared_ptr<Alarm> alarm(new Alarm);
    try {
        alarm->thread_ = std::thread([raw = alarm.get()] { raw->run(); });
    } catch (const std::system_error&) {
        return nullptr;
    }
    return alarm;
}

Alarm::~Alarm() {
    {
        const std::scoped_lock lock(mutex_);
        ends_ = true;
    }
    news_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Alarm::after(std::chrono::steady_clock::duration time, std::function<void()> call) {
    {
        const std::scoped_lock lock(mutex_);
        calls_.emplace(std::chrono::steady_clock::now() + time, std::move(call));
    }
    news_.notify_one();
}

void Alarm::run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        if (calls_.empty()) {
            news_.wait(lock);
        } else if (const auto due = calls_.begin()->first; due > std::chrono::steady_clock::now()) {
            news_.wait_until(lock, due);
        } else {
            const auto call = calls_.extract(calls_.begin());
            lock.unlock();
            call.mapped()();
            lock.lock();
        }
    }
}

}  // namespace postrider::store::index
