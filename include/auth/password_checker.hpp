// Passwords are checked here, and what was right is remembered for a short time.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "auth/process_secret.hpp"
#include "auth/secret.hpp"
#include "auth/verified_cache.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// Shared by the modules that know what is stored. Any thread.
class PasswordChecker {
public:
    /// hashes, secret: outlive this. most and lifetime: of the cache of passwords that were right; 0 entries: none.
    PasswordChecker(asio::thread_pool& hashes, const ProcessSecret& secret, std::size_t most,
                    std::chrono::seconds lifetime)
        : hashes_(hashes), right_(secret, most, lifetime) {}

    /// A check that waits for its thread.
    struct Question {
        std::string service;
        std::string user;
        std::string stored;
        Secret password;
    };
    /// Whether the password is right. What is stored with "*" or "!" in front, or not at all, says that none is.
    /// Errors: unavailable when limits::hash_queue checks are under way and waiting.
    Task<Result<bool>> check(Question question);

    /// Whether the very same check succeeded a short time ago. Takes microseconds.
    bool knows(const PasswordCheck& check) { return right_.knows(check, VerifiedCache::Clock::now()); }
    /// As check(), on the caller's thread: slow on purpose.
    bool matches(const PasswordCheck& check);

    /// Spends the time that a check takes for an account of this site. Errors: as check().
    Task<Result<bool>> spend(Secret password);

    /// Other work with hashes, in their threads and their queue. Errors: as check().
    template <class Work>
    Task<Result<std::invoke_result_t<Work&>>> run(Work work) {
        const Queued queued(*this);
        if (!queued.granted) {
            co_return Error(Code::unavailable, "too many password checks are waiting");
        }
        const PoolStrand beside_others = asio::make_strand(hashes_);
        co_return co_await on_pool(beside_others, std::move(work));
    }

private:
    struct Queued {
        explicit Queued(PasswordChecker& checker);
        ~Queued() { --owner.queued_; }
        Queued(const Queued&) = delete;
        Queued& operator=(const Queued&) = delete;

        PasswordChecker& owner;
        bool granted;
    };
    void spend_here(std::string_view password);

    asio::thread_pool& hashes_;
    std::atomic<std::size_t> queued_ = 0;
    VerifiedCache right_;
    std::mutex mutex_;
    std::string typical_;  ///< what an account had stored, the last that was asked for
};

/// "*" and "!" before or instead of a hash say that no password fits.
constexpr bool is_hash(std::string_view stored) {
    return !stored.empty() && stored.front() != '*' && stored.front() != '!';
}

}  // namespace postrider::auth
