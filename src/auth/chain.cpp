#include "auth/chain.hpp"

#include <utility>

#include "auth/fields.hpp"
#include "auth/secret.hpp"
#include "core/log.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

Chain::Chain(Modules modules, PasswordChecker& checker, std::string default_options)
    : modules_(std::move(modules)), checker_(checker), default_options_(std::move(default_options)) {}

void Chain::complete(Account& account) const {
    account.options = with_default_options(std::move(account.options), default_options_);
}

Task<Result<std::optional<Record>>> Chain::first(std::string only, Ask ask) {
    for (const auto& module : modules_) {
        if (!only.empty() && module->name() != only) {
            continue;
        }
        auto asked = ask(*module);
        auto found = co_await std::move(asked);
        if (!found) {
            co_return Error(Code::unavailable, found.error().detail);
        }
        if (*found) {
            complete((*found)->account);
            co_return found;
        }
        log_line(LogLevel::debug, std::string(module->name()) + ": not here");
    }
    co_return std::optional<Record>();
}

Task<Result<std::optional<Record>>> Chain::find(Query query) {
    std::string only = query.module;
    auto ask = [query = std::move(query)](Module& module) { return module.find(query); };
    co_return co_await first(std::move(only), std::move(ask));
}

Task<Result<std::optional<Record>>> Chain::log_in(Query query, std::string password) {
    const Secret given(std::move(password));
    const auto effort = std::make_shared<std::atomic<bool>>(false);
    query.effort = effort;
    std::string only = query.module;
    auto ask = [query = std::move(query), &given](Module& module) { return module.log_in(query, given.text); };
    auto found = co_await first(std::move(only), std::move(ask));
    if (found && !*found && !*effort) {
        if (const auto spent = co_await checker_.spend(given); !spent) {
            co_return spent.error();
        }
    }
    co_return found;
}

Task<Result<std::optional<Record>>> Chain::prove(Query query, CramProof proof) {
    std::string only = query.module;
    auto ask = [query = std::move(query), proof = std::move(proof)](Module& module) {
        return module.prove(query, proof);
    };
    co_return co_await first(std::move(only), std::move(ask));
}

Task<Result<std::optional<Record>>> Chain::find_that(Query query, Check check) {
    auto passed = [](Task<Result<std::optional<Record>>> asked,
                     const Check& by) -> Task<Result<std::optional<Record>>> {
        auto found = co_await std::move(asked);
        if (found && *found && !by(**found)) {
            found->reset();
        }
        co_return found;
    };
    std::string only = query.module;
    auto ask = [query = std::move(query), &check, passed](Module& module) { return passed(module.find(query), check); };
    co_return co_await first(std::move(only), std::move(ask));
}

Task<Result<bool>> Chain::change_password(Query query, std::string old_password, std::string new_password) {
    const Secret before(std::move(old_password));
    const Secret after(std::move(new_password));
    for (const auto& module : modules_) {
        auto asked = module->change_password(query, before.text, after.text);
        const auto changed = co_await std::move(asked);
        if (!changed) {
            co_return Error(Code::unavailable, changed.error().detail);
        }
        if (*changed) {
            co_return true;
        }
    }
    co_return false;
}

Task<Result<bool>> Chain::each(std::function<void(const Account& account)> take) {
    const auto done = co_await each([](std::string_view) {}, std::move(take));
    if (!done) {
        co_return done.error();
    }
    co_return true;
}

Task<Result<void>> Chain::each(std::function<void(std::string_view module)> begin,
                               std::function<void(const Account& account)> take) {
    for (const auto& module : modules_) {
        bool begun = false;
        const auto begin_once = [&] {
            if (!std::exchange(begun, true)) {
                begin(module->name());
            }
        };
        auto take_completed = [&](const Account& account) {
            begin_once();
            Account completed = account;
            complete(completed);
            take(completed);
        };
        auto asked = module->each(std::move(take_completed));
        const auto can = co_await std::move(asked);
        if (!can) {
            co_return Error(Code::unavailable, can.error().detail);
        }
        if (*can) {
            begin_once();
        }
    }
    co_return Result<void>();
}

}  // namespace postrider::auth
