// authvchkpw as a module of the chain.
#include <atomic>
#include <functional>
#include <string_view>
#include <utility>

#include "auth/place.hpp"
#include "auth/secret.hpp"
#include "auth/system_lookup.hpp"
#include "auth/vpopmail.hpp"
#include "auth/vpopmail/accounts.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

/// What challenges are checked against. A crypt field that no password fits shuts out the clear one too.
std::optional<std::string> told_password_of(const VpopmailAccount& found) {
    if (!is_hash(found.crypt.text)) {
        return std::nullopt;
    }
    return found.clear.text.empty() ? found.crypt.text : "{PLAIN}" + found.clear.text;
}

class VpopmailModule : public Module {
public:
    VpopmailModule(VpopmailPaths paths, asio::thread_pool& look_ups, PasswordChecker& checker)
        : accounts_(std::move(paths)),
          checker_(checker),
          look_ups_(asio::make_strand(look_ups)),
          lists_(asio::make_strand(look_ups)) {
        const std::string missing = accounts_.missing();
        off_ = !missing.empty();
        if (off_) {
            log_line(LogLevel::notice, "authvchkpw: disabled: " + missing);
        }
    }

    std::string_view name() const override { return "authvchkpw"; }

    Task<Result<std::optional<Record>>> find(Query query) override {
        auto found = co_await look_up(query);
        if (!found) {
            co_return found.error();
        }
        if (!*found || !(*found)->may_use) {
            co_return std::optional<Record>();
        }
        co_return std::optional(Record{(*found)->account, told_password_of(**found), {}});
    }

    /// The password of who may not use the service is not even compared: a right one, which is told faster the next
    /// time, must not show.
    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override {
        Secret given(std::move(password));
        auto found = co_await look_up(query);
        if (!found) {
            co_return found.error();
        }
        if (!*found) {
            co_return std::optional<Record>();
        }
        std::string stored = (*found)->may_use ? (*found)->crypt.text : "";
        PasswordChecker::Question question{query.service, query.user, stored, std::move(given)};
        const auto matches = co_await checker_.check(std::move(question));
        note_effort(query);
        if (!matches) {
            co_return matches.error();
        }
        if (!*matches) {
            co_return std::optional<Record>();
        }
        co_return std::optional(Record{(*found)->account, std::move(stored), {}});
    }

    /// vpopmail's own tools do.
    Task<Result<bool>> change_password(Query, std::string, std::string) override { co_return false; }

    /// On a strand of its own: a long list holds up no log-in.
    Task<Result<bool>> each(std::function<void(const Account& account)> take) override {
        if (off_) {
            co_return false;
        }
        auto work = [this] { return accounts_.all(); };
        const auto accounts = co_await on_pool(lists_, std::move(work));
        if (!accounts) {
            co_return accounts.error();
        }
        for (const Account& account : *accounts) {
            take(account);
        }
        co_return true;
    }

private:
    using Found = Result<std::optional<VpopmailAccount>>;

    Task<Found> look_up(const Query& query) {
        if (off_) {
            co_return std::optional<VpopmailAccount>();
        }
        const Place place(waiting_, limits::source_queue);
        if (!place.granted()) {
            co_return Error(Code::unavailable, "authvchkpw: too many look-ups are waiting");
        }
        auto work = [this, user = query.user, service = query.service]() -> Found {
            return accounts_.find(user, service);
        };
        co_return co_await on_pool(look_ups_, std::move(work));
    }

    VpopmailAccounts accounts_;
    PasswordChecker& checker_;
    std::atomic<std::size_t> waiting_ = 0;
    PoolStrand look_ups_;
    PoolStrand lists_;
    bool off_ = false;
};

}  // namespace

VpopmailPaths vpopmail_paths() {
    VpopmailPaths paths;
    const auto user = find_system_user("vpopmail");
    if (!user) {
        log_line(LogLevel::warning, "authvchkpw: " + user.error().detail);
    } else if (*user) {
        paths.home = (*user)->account.home;
    }
    return paths;
}

std::unique_ptr<Module> make_authvchkpw(VpopmailPaths paths, asio::thread_pool& look_ups, PasswordChecker& checker) {
    return std::make_unique<VpopmailModule>(std::move(paths), look_ups, checker);
}

}  // namespace postrider::auth
