// Delays after failed logins, by address and by account.
#include <algorithm>
#include <utility>

#include "auth/service.hpp"
#include "core/limits.hpp"

namespace postrider::auth {

namespace {

constexpr auto quiet_time = std::chrono::minutes(10);
constexpr auto sweep_interval = std::chrono::minutes(1);
constexpr std::size_t most_records = 65536;

template <class Bytes>
std::string text_of(const Bytes& bytes, std::size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

constexpr std::size_t most_name_bytes = 64;  // longer names that begin alike count as one

std::string key_of(std::string_view user) {
    return "user " + std::string(user.substr(0, most_name_bytes));
}

/// Who counts as one: an IPv4 address (4 bytes), or an IPv6 /48 (6 bytes), which one customer can have.
std::string key_of(const asio::ip::address& peer) {
    if (peer.is_v4()) {
        return text_of(peer.to_v4().to_bytes(), 4);
    }
    const auto v6 = peer.to_v6();
    if (v6.is_v4_mapped()) {
        return text_of(asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_bytes(), 4);
    }
    return text_of(v6.to_bytes(), 6);
}

}  // namespace

Throttle::Clock::duration Throttle::failed(const asio::ip::address& peer, std::string_view user,
                                           Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    return std::max(count(key_of(peer), now), count(key_of(user), now));
}

Throttle::Clock::duration Throttle::count(std::string key, Clock::time_point now) {
    const auto is_over = [now](const auto& entry) { return now - entry.second.last >= quiet_time; };
    if (records_.size() >= most_records && !records_.contains(key)) {
        if (now - swept_ >= sweep_interval) {  // not at each failure: a sweep looks at every record
            std::erase_if(records_, is_over);
            swept_ = now;
        }
        if (records_.size() >= most_records) {
            records_.erase(records_.begin());
        }
    }
    Record& record = records_[std::move(key)];
    if (now - record.last >= quiet_time) {
        record.failures = 0;
    }
    record.last = now;
    ++record.failures;
    Clock::duration delay = limits::login_delay_first;
    for (int i = 1; i < record.failures && delay < limits::login_delay_most; ++i) {
        delay *= 2;
    }
    return std::min<Clock::duration>(delay, limits::login_delay_most);
}

void Throttle::succeeded(const asio::ip::address& peer) {
    const std::lock_guard lock(mutex_);
    records_.erase(key_of(peer));
}

}  // namespace postrider::auth
