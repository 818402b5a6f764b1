// Passwords that were found right a short time ago, so that a client that logs in again and again pays for one hash.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/process_secret.hpp"

namespace postrider::auth {

/// A check of a password as it is remembered. Views: for the time of a call.
struct PasswordCheck {
    std::string_view service;
    std::string_view user;
    std::string_view stored;  ///< the account's hash as it is now: once it was changed, nothing is known of it
    std::string_view password;
};

/// Holds no password and no hash: a keyed digest of each check that succeeded, which says nothing to who lacks the
/// process's secret. Bounded by entries (the oldest goes first) and by time, counted from the check and not from its
/// last use. Any thread.
class VerifiedCache {
public:
    using Clock = std::chrono::steady_clock;

    /// secret: outlives the cache. most: entries; 0 turns the cache off.
    VerifiedCache(const ProcessSecret& secret, std::size_t most, Clock::duration lifetime)
        : secret_(secret), most_(most), lifetime_(lifetime) {}

    /// Whether remember() was called with the very same check, less than the lifetime ago.
    bool knows(const PasswordCheck& check, Clock::time_point now);
    /// To be called for what password_matches() has just confirmed.
    void remember(const PasswordCheck& check, Clock::time_point now);

    std::size_t size() const;

private:
    using Digest = std::string;
    Digest digest_of(const PasswordCheck& check) const;
    void forget_old(Clock::time_point now);

    const ProcessSecret& secret_;
    const std::size_t most_;
    const Clock::duration lifetime_;
    mutable std::mutex mutex_;
    std::unordered_map<Digest, Clock::time_point> ends_;  ///< a digest's own end
    std::deque<Digest> by_age_;                           ///< each digest once, the oldest in front
};

}  // namespace postrider::auth
