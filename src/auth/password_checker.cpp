#include "auth/password_checker.hpp"

#include "auth/password.hpp"
#include "core/limits.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

PasswordChecker::Queued::Queued(PasswordChecker& checker)
    : owner(checker), granted(owner.queued_++ < limits::hash_queue) {}

Task<Result<bool>> PasswordChecker::check(Question question) {
    auto work = [this, question = std::move(question)] {
        return matches({question.service, question.user, question.stored, question.password.text});
    };
    co_return co_await run(std::move(work));
}

Task<Result<bool>> PasswordChecker::spend(Secret password) {
    auto work = [this, password = std::move(password)] {
        spend_here(password.text);
        return false;
    };
    co_return co_await run(std::move(work));
}

bool PasswordChecker::matches(const PasswordCheck& check) {
    if (!is_hash(check.stored)) {
        spend_here(check.password);
        return false;
    }
    if (knows(check)) {
        return true;
    }
    {
        const std::scoped_lock lock(mutex_);
        typical_ = check.stored;
    }
    const bool matches = password_matches(check.password, check.stored);
    if (matches) {
        right_.remember(check, VerifiedCache::Clock::now());
    }
    return matches;
}

void PasswordChecker::spend_here(std::string_view password) {
    std::string typical;
    {
        const std::scoped_lock lock(mutex_);
        typical = typical_;
    }
    if (typical.empty()) {
        spend_check_time(password);
    } else {
        static_cast<void>(password_matches(password, typical));
    }
}

}  // namespace postrider::auth
