// Logging in: look-up, default domain and options, password check. compat/auth.md sections 2.2 and 3.4.
#include "auth/service.hpp"

#include <algorithm>
#include <optional>

#include "auth/apop.hpp"
#include "auth/fields.hpp"
#include "auth/password.hpp"
#include "core/limits.hpp"
#include "core/protocol.hpp"
#include "core/text.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

bool is_plausible(const std::string& text) {
    return !text.empty() && text.size() <= limits::credential_bytes && std::ranges::none_of(text, is_control);
}

/// "*" and "!" before or instead of a hash say that no password fits.
bool is_hash(std::string_view stored) {
    return !stored.empty() && stored.front() != '*' && stored.front() != '!';
}

/// A place among the checks that run or wait.
class Place {
public:
    explicit Place(std::atomic<std::size_t>& taken) : taken_(taken), granted_(taken++ < limits::hash_queue) {}
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool granted() const { return granted_; }

private:
    std::atomic<std::size_t>& taken_;
    bool granted_;
};

}  // namespace

std::string with_default_domain(const DefaultDomain& domain, std::string user) {
    const auto separators =
        domain.separators.empty() ? std::string_view(domain.name).substr(0, 1) : std::string_view(domain.separators);
    if (!domain.name.empty() && user.find_first_of(separators) == std::string::npos) {
        user += domain.name;
    }
    return user;
}

/// What the strand found.
struct Service::LookUp {
    std::optional<Account> account;  ///< none: a log-in as this user cannot succeed
    std::string hash;                ///< to check the password against, also when there is no account; "": no check
    std::string reason;              ///< why there is no account
    std::optional<Error> trouble;
};

Service::Service(asio::thread_pool& pool, Settings settings)
    : pool_(pool),
      look_ups_(asio::make_strand(pool)),
      settings_(std::move(settings)),
      database_(settings_.userdb + ".lmdb") {}

Service::~Service() = default;

/// An empty service asks for the account alone. A user that does not exist or has no password is given the hash of
/// an account that does exist, so that it costs what others of this database cost.
Service::LookUp Service::look_up(const std::string& service, const std::string& user) {
    LookUp found;
    const auto record = database_.find(user);
    if (!record) {
        found.trouble = Error(Code::unavailable, record.error().detail);
        return found;
    }
    found.account = *record ? account_of(user, **record) : std::nullopt;
    found.reason = "unknown user";
    if (found.account) {
        found.account->options = with_default_options(std::move(found.account->options), settings_.default_options);
    }
    if (service.empty()) {
        return found;
    }
    if (found.account) {
        auto stored = (*record)->field(service + "pw");
        stored = stored ? stored : (*record)->field("systempw");
        if (stored && is_hash(*stored)) {
            typical_hash_ = *stored;
        } else {
            found.account.reset();
            found.reason = "no password";
        }
    }
    found.hash = typical_hash_;
    return found;
}

Task<Result<Account>> Service::log_in(std::string service, Credentials credentials) {
    if (!is_plausible(credentials.user) || !is_plausible(credentials.password)) {
        co_return Error(Code::denied, "empty, too long or with control characters");
    }
    const Place place(queued_);
    if (!place.granted()) {
        co_return Error(Code::unavailable, "too many password checks are waiting");
    }
    const DefaultDomain& domain =
        service == service_name(Protocol::pop3) ? settings_.pop3_domain : settings_.imap_domain;
    const std::string user = with_default_domain(domain, credentials.user);
    auto look = [this, service, user] { return look_up(service, user); };
    LookUp found = co_await on_pool(look_ups_, std::move(look));
    if (found.trouble) {
        co_return *found.trouble;
    }
    auto check = [credentials, hash = found.hash] {
        if (!credentials.timestamp.empty()) {
            return apop_matches(credentials.password, credentials.timestamp, hash);
        }
        if (hash.empty()) {
            spend_check_time(credentials.password);
            return false;
        }
        return password_matches(credentials.password, hash);
    };
    const PoolStrand beside_others = asio::make_strand(pool_);
    const bool matches = co_await on_pool(beside_others, std::move(check));
    if (!found.account) {
        co_return Error(Code::denied, found.reason);
    }
    if (!matches) {
        co_return Error(Code::denied, "wrong password");
    }
    co_return std::move(*found.account);
}

Task<Result<Account>> Service::find(std::string user) {
    auto look = [this, user] { return look_up("", user); };
    LookUp found = co_await on_pool(look_ups_, std::move(look));
    if (found.trouble) {
        co_return *found.trouble;
    }
    if (!found.account) {
        co_return Error(Code::denied, found.reason);
    }
    co_return std::move(*found.account);
}

}  // namespace postrider::auth
