#include "auth/system_users.hpp"

#include <string>

#include "auth/password.hpp"
#include "auth/secret.hpp"
#include "auth/system_lookup.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

using Find = Result<std::optional<Record>> (*)(const std::string& name);

Result<std::optional<Record>> find_with_shadow(const std::string& name) {
    auto record = find_system_user(name);
    if (!record || !*record) {
        return record;
    }
    auto hash = find_shadow_hash((*record)->account.system_user);
    if (!hash) {
        return hash.error();
    }
    if (!*hash) {
        return std::optional<Record>();
    }
    (*record)->stored = std::move(**hash);
    return record;
}

class SystemModule : public Module {
public:
    SystemModule(asio::thread_pool& pool, PasswordChecker& checker, std::string_view name, Find look)
        : checker_(checker), name_(name), find_(look), users_(pool) {}

    std::string_view name() const override { return name_; }

    Task<Result<std::optional<Record>>> find(Query query) override {
        SystemUsers::Find work = [look = find_, user = std::move(query.user)] {
            auto record = look(user);
            // A form of ours that says the password itself is none of the system's.
            if (record && *record && (*record)->stored && clear_text_of(*(*record)->stored)) {
                (*record)->stored.reset();
            }
            return record;
        };
        co_return co_await users_.find(std::move(work));
    }

    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override {
        Secret given(std::move(password));
        auto record = co_await find(query);
        if (!record || !*record) {
            co_return record;
        }
        std::string stored = (*record)->stored.value_or("");
        PasswordChecker::Question question{query.service, query.user, std::move(stored), std::move(given)};
        const auto matches = co_await checker_.check(std::move(question));
        note_effort(query);
        if (!matches) {
            co_return matches.error();
        }
        if (!*matches) {
            record->reset();
        }
        co_return record;
    }

    /// The system changes its passwords by PAM: authpam does.
    Task<Result<bool>> change_password(Query, std::string, std::string) override { co_return false; }

    Task<Result<bool>> each(std::function<void(const Account& account)> take) override {
        co_return co_await users_.each(std::move(take));
    }

private:
    PasswordChecker& checker_;
    std::string_view name_;
    Find find_;
    SystemUsers users_;
};

}  // namespace

std::unique_ptr<Module> make_authpwd(asio::thread_pool& pool, PasswordChecker& checker) {
    return std::make_unique<SystemModule>(pool, checker, "authpwd", find_system_user);
}

std::unique_ptr<Module> make_authshadow(asio::thread_pool& pool, PasswordChecker& checker) {
    return std::make_unique<SystemModule>(pool, checker, "authshadow", find_with_shadow);
}

}  // namespace postrider::auth
