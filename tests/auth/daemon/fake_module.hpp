// A module that knows what its test tells it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/chain.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::test {

class FakeModule : public auth::Module {
public:
    struct Known {
        auth::Record record;
        std::string password;
    };

    std::map<std::string, Known> known;  ///< by name
    std::optional<Error> trouble;        ///< of every call from now on
    std::vector<auth::Query> asked;
    std::function<Task<void>()> before = []() -> Task<void> { co_return; };  ///< each answer

    void add(const std::string& name, const std::string& password, auth::Account account) {
        account.address = name;
        known[name] = {{std::move(account), std::nullopt, {}}, password};
    }

    std::string_view name() const override { return "authfake"; }

    Task<Result<std::optional<auth::Record>>> find(auth::Query query) override {
        co_await before();
        asked.push_back(query);
        if (trouble) {
            co_return *trouble;
        }
        const auto found = known.find(query.user);
        const bool is_mine = found != known.end() && (query.module.empty() || query.module == name());
        co_return is_mine ? std::optional(found->second.record) : std::nullopt;
    }

    Task<Result<std::optional<auth::Record>>> log_in(auth::Query query, std::string password) override {
        const std::string user = query.user;
        auto found = co_await find(std::move(query));
        if (found && *found && known[user].password != password) {
            found->reset();
        }
        co_return found;
    }

    Task<Result<bool>> change_password(auth::Query query, std::string old_password, std::string new_password) override {
        const std::string user = query.user;
        const auto found = co_await log_in(std::move(query), old_password);
        if (!found) {
            co_return found.error();
        }
        if (*found) {
            known[user].password = new_password;
        }
        co_return found->has_value();
    }

    Task<Result<bool>> each(std::function<void(const auth::Account& account)> take) override {
        for (const auto& [name, one] : known) {
            take(one.record.account);
        }
        if (trouble) {
            co_return *trouble;
        }
        co_return true;
    }
};

/// Another's module as one of a chain.
class Lent : public auth::Module {
public:
    explicit Lent(auth::Module& module) : module_(module) {}

    std::string_view name() const override { return module_.name(); }
    Task<Result<std::optional<auth::Record>>> find(auth::Query query) override {
        return module_.find(std::move(query));
    }
    Task<Result<std::optional<auth::Record>>> log_in(auth::Query query, std::string password) override {
        return module_.log_in(std::move(query), std::move(password));
    }
    Task<Result<std::optional<auth::Record>>> prove(auth::Query query, auth::CramProof proof) override {
        return module_.prove(std::move(query), std::move(proof));
    }
    Task<Result<bool>> change_password(auth::Query query, std::string before, std::string after) override {
        return module_.change_password(std::move(query), std::move(before), std::move(after));
    }
    Task<Result<bool>> each(std::function<void(const auth::Account& account)> take) override {
        return module_.each(std::move(take));
    }

private:
    auth::Module& module_;
};

/// A chain of such modules, with what it needs.
class ChainOf {
public:
    template <class... Modules>
    explicit ChainOf(Modules&... modules) {
        auth::Chain::Modules lent;
        (lent.push_back(std::make_unique<Lent>(modules)), ...);
        chain = std::make_shared<auth::Chain>(std::move(lent), checker, default_options);
    }

    /// For a server.
    std::function<std::shared_ptr<auth::Chain>()> ask() const {
        return [chain = chain] { return chain; };
    }

    std::string default_options;
    asio::thread_pool hashes{1};
    auth::ProcessSecret secret;
    auth::PasswordChecker checker{hashes, secret, 0, std::chrono::seconds(0)};
    std::shared_ptr<auth::Chain> chain;
};

/// Runs the loop until the task has ended, and gives what it gave.
template <class T>
T run_on(asio::io_context& loop, Task<T> task) {
    auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
    loop.restart();
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        loop.run_one();
    }
    return done.get();
}

}  // namespace postrider::test
