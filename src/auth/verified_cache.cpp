#include "auth/verified_cache.hpp"

namespace postrider::auth {

VerifiedCache::Digest VerifiedCache::digest_of(const PasswordCheck& check) const {
    return secret_.mac("verified password", {check.service, check.user, check.stored, check.password});
}

void VerifiedCache::forget_old(Clock::time_point now) {
    while (!by_age_.empty() && ends_.at(by_age_.front()) <= now) {
        ends_.erase(by_age_.front());
        by_age_.pop_front();
    }
}

bool VerifiedCache::knows(const PasswordCheck& check, Clock::time_point now) {
    const Digest digest = digest_of(check);
    const std::lock_guard lock(mutex_);
    forget_old(now);
    return ends_.contains(digest);
}

void VerifiedCache::remember(const PasswordCheck& check, Clock::time_point now) {
    Digest digest = digest_of(check);
    const std::lock_guard lock(mutex_);
    forget_old(now);
    if (!ends_.try_emplace(digest, now + lifetime_).second) {
        return;
    }
    by_age_.push_back(std::move(digest));
    if (by_age_.size() > most_) {
        ends_.erase(by_age_.front());
        by_age_.pop_front();
    }
}

std::size_t VerifiedCache::size() const {
    const std::lock_guard lock(mutex_);
    return by_age_.size();
}

}  // namespace postrider::auth
