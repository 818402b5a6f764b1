// Looking into the system's user databases, passwd(5) and shadow(5), whatever /etc/nsswitch.conf puts behind them. The
// functions block.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/module.hpp"
#include "auth/place.hpp"

namespace postrider::auth {

/// With the password field of passwd(5) as `stored`. None: no such user. Errors: unavailable.
Result<std::optional<Record>> find_system_user(const std::string& name);

/// Those with a uid of 100 or more, as Courier lists them. One thread at a time: the system has one cursor.
std::vector<Account> all_system_users();

/// What shadow(5) says, in days since 1970; what is not positive is not set.
struct ShadowDays {
    long account_ends = 0;
    long password_changed = 0;
    long password_lasts = 0;
};
bool is_expired(const ShadowDays& days, long today);

/// The hash that shadow(5) has. None: no such entry, or expired. Errors: unavailable.
Result<std::optional<std::string>> find_shadow_hash(const std::string& name);

/// Look-ups on a pool, one thread of it at a time: a slow database behind it takes no more. Any thread.
class SystemUsers {
public:
    explicit SystemUsers(asio::thread_pool& pool) : strand_(asio::make_strand(pool)) {}

    using Find = std::function<Result<std::optional<Record>>()>;
    /// Errors: unavailable when limits::source_queue of them are waiting; and those of look.
    Task<Result<std::optional<Record>>> find(Find look);
    Task<Result<std::optional<Record>>> find(std::string name);
    /// As Module::each().
    Task<Result<bool>> each(std::function<void(const Account& account)> take);

private:
    std::atomic<std::size_t> waiting_ = 0;
    PoolStrand strand_;
};

}  // namespace postrider::auth
