#include "auth/userdb_module.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/secret.hpp"
#include "auth/user_database.hpp"
#include "auth/userdb_password.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

constexpr std::array challenge_fields{"hmac-md5pw", "hmac-sha1pw", "hmac-sha256pw", "scram-sha-1pw", "scram-sha-256pw"};

/// None: the record describes no account.
std::optional<Record> record_of(const std::string& user, const std::string& service, const UserRecord& fields) {
    auto account = account_of(user, fields);
    if (!account) {
        return std::nullopt;
    }
    Record record{std::move(*account), std::nullopt, {}};
    auto stored = fields.field(service + "pw");
    stored = stored ? stored : fields.field("systempw");
    if (stored && is_hash(*stored)) {
        record.stored = *stored;
    }
    for (const std::string name : challenge_fields) {
        auto secret = fields.field(service + "-" + name);
        secret = secret ? secret : fields.field(name);
        if (secret) {
            record.secrets.emplace(name, *secret);
        }
    }
    return record;
}

class UserdbModule : public Module {
public:
    UserdbModule(std::string source, asio::thread_pool& look_ups, PasswordChecker& checker)
        : source_(std::move(source)),
          checker_(checker),
          look_ups_(asio::make_strand(look_ups)),
          changes_(asio::make_strand(look_ups)),
          database_(source_ + ".lmdb") {}

    std::string_view name() const override { return "authuserdb"; }

    Task<Result<std::optional<Record>>> find(Query query) override {
        auto work = [this, query = std::move(query)] { return look_up(query); };
        co_return co_await on_pool(look_ups_, std::move(work));
    }

    /// A password that was right a short time ago is told by the thread that looks up, with no hop to a second one.
    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override {
        const Secret given(std::move(password));
        auto look = [this, query, given] { return look_up_known(query, given.text); };
        Known known = co_await on_pool(look_ups_, std::move(look));
        if (known.is_right || !known.record || !*known.record) {
            co_return std::move(known.record);
        }
        const std::string stored = (*known.record)->stored.value_or("");
        PasswordChecker::Question question{query.service, query.user, stored, given};
        const auto matches = co_await checker_.check(std::move(question));
        note_effort(query);
        if (!matches) {
            co_return matches.error();
        }
        if (!*matches) {
            co_return std::optional<Record>();
        }
        co_return std::move(known.record);
    }

    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override {
        const Secret before(std::move(old_password));
        const Secret after(std::move(new_password));
        auto work = [source = source_, query = std::move(query), before, after] {
            return change_userdb_password(source, query.service, query.user, before.text, after.text);
        };
        co_return co_await on_pool(changes_, std::move(work));
    }

    /// By a reader of its own: a long list holds up no log-in.
    Task<Result<bool>> each(std::function<void(const Account& account)> take) override {
        auto work = [path = source_ + ".lmdb"] { return all_accounts(path); };
        const auto accounts = co_await on_pool(changes_, std::move(work));
        if (!accounts) {
            co_return accounts.error();
        }
        for (const Account& account : *accounts) {
            take(account);
        }
        co_return true;
    }

private:
    Result<std::optional<Record>> look_up(const Query& query) {
        const auto fields = database_.find(query.user);
        if (!fields) {
            return Error(Code::unavailable, fields.error().detail);
        }
        return *fields ? record_of(query.user, query.service, **fields) : std::nullopt;
    }

    struct Known {
        Result<std::optional<Record>> record;
        bool is_right = false;
    };
    Known look_up_known(const Query& query, const std::string& password) {
        Known known{look_up(query)};
        if (known.record && *known.record) {
            const auto& stored = (*known.record)->stored;
            known.is_right = stored && checker_.knows({query.service, query.user, *stored, password});
        }
        return known;
    }

    static Result<std::vector<Account>> all_accounts(const std::string& path) {
        std::vector<Account> accounts;
        UserDatabase database(path);
        const auto done = database.each([&accounts](std::string_view name, const UserRecord& record) {
            if (auto account = account_of(name, record)) {
                accounts.push_back(std::move(*account));
            }
        });
        if (!done) {
            return done.error();
        }
        return accounts;
    }

    std::string source_;
    PasswordChecker& checker_;
    PoolStrand look_ups_;
    PoolStrand changes_;
    UserDatabase database_;  ///< on look_ups_ only
};

}  // namespace

std::unique_ptr<Module> make_authuserdb(std::string source, asio::thread_pool& look_ups, PasswordChecker& checker) {
    return std::make_unique<UserdbModule>(std::move(source), look_ups, checker);
}

}  // namespace postrider::auth
