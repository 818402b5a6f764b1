#include "auth/daemon/record.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "auth/password.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth::daemon {

namespace {

constexpr std::string_view clear_prefix = "{PLAIN}";
constexpr std::size_t most_entry_bytes = 1024 * 1024;

std::optional<uid_t> uid_of(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(4096);
    while (::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) == ERANGE &&
           room.size() < most_entry_bytes) {
        room.resize(room.size() * 2);
    }
    return found != nullptr ? std::optional(entry.pw_uid) : std::nullopt;
}

Record unchecked_record(AccountBlock block, Keep keep) {
    Record record;
    Account& account = record.account;
    account.address = std::move(*block.address);
    account.uid = block.uid.value_or(0);
    account.gid = block.gid;
    account.home = std::move(block.home);
    account.maildir = std::move(block.maildir);
    account.quota = std::move(block.quota);
    account.full_name = std::move(block.full_name).value_or("");
    account.options = std::move(block.options).value_or("");
    account.system_user = std::move(block.system_user).value_or("");
    const bool has_password = block.password && !block.password->text.empty();
    if (has_password && (keep == Keep::password || !block.stored)) {
        record.stored = std::string(clear_prefix) + block.password->text;
    } else if (block.stored) {
        record.stored = block.stored->text;
    }
    return record;
}

template <class Text>
std::optional<Text> unless_empty(const Text& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Task<Result<std::optional<Record>>> record_of(asio::thread_pool& pool, AccountBlock block, Keep keep) {
    if (!block.address || block.address->empty() || (!block.system_user && !block.uid)) {
        co_return Error(Code::unavailable, "an account without ADDRESS, or without USERNAME and UID, cannot be used");
    }
    Record record = unchecked_record(std::move(block), keep);
    if (!record.account.system_user.empty()) {
        const PoolStrand beside_others = asio::make_strand(pool);
        auto look = [name = record.account.system_user] { return uid_of(name); };
        const auto uid = co_await on_pool(beside_others, std::move(look));
        if (!uid) {
            co_return Error(Code::unavailable, "this system knows no user " + record.account.system_user);
        }
        record.account.uid = *uid;
    }
    co_return std::optional(std::move(record));
}

AccountBlock block_of(const Record& record) {
    const Account& account = record.account;
    AccountBlock block;
    block.system_user = unless_empty(account.system_user);
    if (!block.system_user) {
        block.uid = account.uid;
    }
    block.gid = account.gid;
    block.home = account.home;
    block.address = unless_empty(account.address);
    block.full_name = unless_empty(account.full_name);
    block.maildir = account.maildir;
    block.quota = account.quota;
    block.options = unless_empty(account.options);
    if (const auto clear = record.stored ? clear_text_of(*record.stored) : std::nullopt) {
        block.password.emplace(std::string(*clear));
    } else if (record.stored) {
        block.stored.emplace(*record.stored);
    }
    return block;
}

}  // namespace postrider::auth::daemon
