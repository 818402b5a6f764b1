#include "auth/vpopmail/accounts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "auth/vpopmail/lines.hpp"
#include "auth/vpopmail/read_file.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t most_assign_bytes = 16 * 1024 * 1024;
constexpr std::size_t most_vpasswd_bytes = 64 * 1024 * 1024;

struct ServiceFlag {
    std::string_view service;
    std::uint32_t flag;
};
constexpr std::array service_flags{ServiceFlag{"pop3", 0x02}, ServiceFlag{"webmail", 0x04}, ServiceFlag{"imap", 0x08}};

bool may_use(const VpopmailUser& user, std::string_view service) {
    const auto* const row = std::ranges::find(service_flags, service, &ServiceFlag::service);
    return row == service_flags.end() || (user.flags & row->flag) == 0;
}

bool is_roots(const VpopmailDomain& domain) {
    return domain.uid == 0 || domain.gid == 0;
}

std::string refusal(const VpopmailDomain& domain) {
    return "authvchkpw: refuse domain " + domain.name + ": uid=" + std::to_string(domain.uid) +
           ", gid=" + std::to_string(domain.gid) + " (zero uid or gid not permitted)";
}

Account account_of(const VpopmailDomain& domain, const VpopmailUser& user) {
    Account account;
    account.address = user.name + "@" + domain.real_name;
    account.uid = domain.uid;
    account.gid = domain.gid;
    account.home = user.home;
    account.maildir = "Maildir";
    account.quota = user.quota;
    account.full_name = user.full_name;
    return account;
}

/// A domain's folder belongs to its user, so a link there leads nowhere. None: not a domain of vpopmail's, or one that
/// is kept elsewhere than in files.
Result<std::optional<Secret>> vpasswd_of(const VpopmailDomain& domain) {
    return read_file(domain.folder + "/vpasswd", most_vpasswd_bytes, Links::refuse);
}

}  // namespace

std::string VpopmailAccounts::missing() const {
    if (paths_.home.empty()) {
        return "the system has no user vpopmail";
    }
    return ::access(paths_.assign.c_str(), F_OK) == 0 ? "" : paths_.assign + ": " + std::strerror(errno);
}

Result<Secret> VpopmailAccounts::assign() const {
    auto text = read_file(paths_.assign, most_assign_bytes, Links::follow);
    if (!text) {
        return text.error();
    }
    if (!*text) {
        return Error(Code::unavailable, paths_.assign + ": it is gone");
    }
    return std::move(**text);
}

Result<std::optional<VpopmailAccounts::Name>> VpopmailAccounts::name_of(const std::string& typed) const {
    const auto at = typed.find('@');
    Name name{lower(std::string_view(typed).substr(0, at)), {}};
    if (at != std::string::npos) {
        name.domain = lower(std::string_view(typed).substr(at + 1));
    } else {
        const auto file = read_file(paths_.home + "/etc/defaultdomain", limits::source_file_bytes, Links::refuse);
        if (!file) {
            return file.error();
        }
        const std::string_view text = *file ? std::string_view((*file)->text) : std::string_view();
        name.domain = lower(trimmed(text.substr(0, text.find('\n'))));
    }
    const bool can_be = is_vpopmail_name(name.user) && is_vpopmail_name(name.domain);
    return can_be ? std::optional(std::move(name)) : std::nullopt;
}

Result<std::optional<VpopmailAccount>> VpopmailAccounts::find(const std::string& user,
                                                              const std::string& service) const {
    const auto name = name_of(user);
    if (!name) {
        return name.error();
    }
    const auto domains = *name ? assign() : Result<Secret>(Secret());
    if (!domains) {
        return domains.error();
    }
    const auto domain = *name ? find_domain(domains->text, (*name)->domain) : std::nullopt;
    if (!domain) {
        return std::optional<VpopmailAccount>();
    }
    if (is_roots(*domain)) {
        return Error(Code::unavailable, refusal(*domain));
    }
    const auto vpasswd = vpasswd_of(*domain);
    if (!vpasswd) {
        return vpasswd.error();
    }
    const auto found = *vpasswd ? find_user((*vpasswd)->text, (*name)->user) : std::nullopt;
    if (!found) {
        return std::optional<VpopmailAccount>();
    }
    return std::optional(
        VpopmailAccount{account_of(*domain, *found), found->crypt, found->clear, may_use(*found, service)});
}

Result<std::vector<Account>> VpopmailAccounts::all() const {
    const auto text = assign();
    if (!text) {
        return text.error();
    }
    std::vector<Account> accounts;
    std::optional<Error> error;
    each_domain(text->text, [&](const VpopmailDomain& domain) {
        if (error || domain.name != domain.real_name) {
            return;
        }
        if (is_roots(domain)) {
            log_line(LogLevel::warning, refusal(domain));
            return;
        }
        const auto vpasswd = vpasswd_of(domain);
        if (!vpasswd) {
            error = vpasswd.error();
        } else if (*vpasswd) {
            each_user((*vpasswd)->text,
                      [&](const VpopmailUser& user) { accounts.push_back(account_of(domain, user)); });
        }
    });
    if (error) {
        return std::move(*error);
    }
    return accounts;
}

}  // namespace postrider::auth
