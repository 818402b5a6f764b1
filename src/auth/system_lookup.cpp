#include "auth/system_lookup.hpp"

#include <pwd.h>
#include <shadow.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/limits.hpp"
#include "core/text.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

constexpr uid_t lowest_listed = 100;
constexpr std::size_t first_buffer = 4096;
constexpr std::size_t most_buffer = 1024 * 1024;

/// getpwnam_r(3) and its like: how one of them says that there is no such entry differs with what is behind it.
bool means_nobody(int error) {
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/// Calls look(buffer) with more and more room. Gives its error number.
template <class Look>
int with_buffer(std::string& buffer, Look look) {
    int error = ERANGE;
    for (std::size_t size = first_buffer; error == ERANGE && size <= most_buffer; size *= 2) {
        buffer.resize(size);
        do {
            error = look(buffer);
        } while (error == EINTR);
    }
    return error;
}

/// Names go to C functions: what they would cut is nobody's name.
bool is_possible(const std::string& name) {
    return !name.empty() && std::ranges::none_of(name, is_control);
}

Account account_of(const passwd& user) {
    Account account;
    account.address = user.pw_name;
    account.uid = user.pw_uid;
    account.gid = user.pw_gid;
    account.home = user.pw_dir;
    const std::string_view gecos = user.pw_gecos == nullptr ? "" : user.pw_gecos;
    account.full_name = gecos.substr(0, gecos.find(','));
    account.system_user = user.pw_name;
    return account;
}

}  // namespace

Result<std::optional<Record>> find_system_user(const std::string& name) {
    if (!is_possible(name)) {
        return std::optional<Record>();
    }
    passwd user{};
    passwd* found = nullptr;
    std::string buffer;
    const int error = with_buffer(
        buffer, [&](std::string& room) { return ::getpwnam_r(name.c_str(), &user, room.data(), room.size(), &found); });
    if (found == nullptr) {
        return means_nobody(error) ? Result<std::optional<Record>>(std::optional<Record>())
                                   : Error(Code::unavailable, system_error(error, "getpwnam").detail);
    }
    return std::optional(Record{account_of(user), user.pw_passwd, {}});
}

std::vector<Account> all_system_users() {
    std::vector<Account> accounts;
    std::string buffer;
    ::setpwent();
    for (;;) {
        passwd user{};
        passwd* found = nullptr;
        with_buffer(buffer, [&](std::string& room) { return ::getpwent_r(&user, room.data(), room.size(), &found); });
        if (found == nullptr) {
            break;
        }
        if (user.pw_uid >= lowest_listed) {
            accounts.push_back(account_of(user));
        }
    }
    ::endpwent();
    return accounts;
}

bool is_expired(const ShadowDays& days, long today) {
    const bool account_ended = days.account_ends > 0 && today > days.account_ends;
    const bool has_age = days.password_changed > 0 && days.password_lasts > 0;
    return account_ended || (has_age && days.password_lasts < today - days.password_changed);
}

Result<std::optional<std::string>> find_shadow_hash(const std::string& name) {
    spwd entry{};
    spwd* found = nullptr;
    std::string buffer;
    const int error = with_buffer(buffer, [&](std::string& room) {
        return ::getspnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    });
    if (found == nullptr) {
        return means_nobody(error) ? Result<std::optional<std::string>>(std::optional<std::string>())
                                   : Error(Code::unavailable, system_error(error, "getspnam").detail);
    }
    constexpr std::time_t day = 24 * 60 * 60;
    const ShadowDays days{entry.sp_expire, entry.sp_lstchg, entry.sp_max};
    std::optional<std::string> hash;
    if (!is_expired(days, std::time(nullptr) / day)) {
        hash = entry.sp_pwdp;
    }
    std::ranges::fill(buffer, '\0');
    return hash;
}

Task<Result<std::optional<Record>>> SystemUsers::find(Find look) {
    const Place place(waiting_, limits::source_queue);
    if (!place.granted()) {
        co_return Error(Code::unavailable, "system users: too many look-ups are waiting");
    }
    co_return co_await on_pool(strand_, std::move(look));
}

Task<Result<std::optional<Record>>> SystemUsers::find(std::string name) {
    Find look = [name = std::move(name)] { return find_system_user(name); };
    co_return co_await find(std::move(look));
}

Task<Result<bool>> SystemUsers::each(std::function<void(const Account& account)> take) {
    const auto accounts = co_await on_pool(strand_, all_system_users);
    for (const Account& account : accounts) {
        take(account);
    }
    co_return true;
}

}  // namespace postrider::auth
