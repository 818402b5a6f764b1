#include "load/progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace postrider::bench {

Progress::Progress(std::string name, bool quiet) : name_(std::move(name)), is_terminal_(::isatty(STDERR_FILENO) == 1) {
    if (!quiet) {
        thread_ = std::thread([this] { watch(); });
    }
}

Progress::~Progress() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Progress::say(const std::string& phase) {
    const std::lock_guard lock(mutex_);
    phase_ = phase;
}

void Progress::watch() {
    const auto begin = std::chrono::steady_clock::now();
    auto next = begin + std::chrono::seconds(is_terminal_ ? 1 : 5);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_until(lock, next, [this] { return ended_; })) {
        print(std::chrono::steady_clock::now() - begin);
        next += std::chrono::seconds(is_terminal_ ? 1 : 10);
    }
    if (is_terminal_) {
        std::fputs("\r\x1b[K", stderr);
    }
}

void Progress::print(std::chrono::duration<double> since_begin) {
    std::fprintf(stderr, "%s%s: %s, %llu operations, %.0f s%s", is_terminal_ ? "\r\x1b[K" : "", name_.c_str(),
                 phase_.c_str(), static_cast<unsigned long long>(operations_.load(std::memory_order_relaxed)),
                 since_begin.count(), is_terminal_ ? "" : "\n");
    std::fflush(stderr);
}

}  // namespace postrider::bench
