// Says what happens again and again only now and then, with how often it happened: a client cannot fill the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace postrider::service {

/// Any thread.
class Seldom {
public:
    /// Counts one event of this kind. How many there were since the last time, when it is time to say so: at the first,
    /// and then once a minute.
    std::optional<std::uint64_t> times_since(const std::string& kind) {
        const auto now = std::chrono::steady_clock::now();
        const std::scoped_lock lock(mutex_);
        if (kinds_.size() > most_kinds) {
            kinds_.clear();
        }
        Record& record = kinds_[kind];
        ++record.count;
        if (now < record.next) {
            return std::nullopt;
        }
        record.next = now + std::chrono::minutes(1);
        return std::exchange(record.count, 0);
    }

private:
    static constexpr std::size_t most_kinds = 4096;
    struct Record {
        std::chrono::steady_clock::time_point next;
        std::uint64_t count = 0;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Record> kinds_;
};

}  // namespace postrider::service
