#include "auth/ldap/entry.hpp"

#include <algorithm>

#include "core/log.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

/// What goes into an account stands in lines of text elsewhere.
std::optional<std::string> line_of(const Entry& entry, std::string_view name) {
    auto value = entry.value(name);
    if (value && std::ranges::any_of(*value, is_control)) {
        log_line(LogLevel::warning,
                 "authldap: control characters in attribute " + std::string(name) + " of " + entry.dn);
        return std::nullopt;
    }
    return value;
}

/// 0: none.
uid_t id_of(const Entry& entry, const std::string& attribute, std::optional<uid_t> standard) {
    const auto value = entry.value(attribute);
    return value ? parse_decimal<uid_t>(*value).value_or(0) : standard.value_or(0);
}

std::string options_of(const LdapSettings& settings, const Entry& entry) {
    std::string options;
    for (const auto& [attribute, name] : settings.options) {
        if (const auto value = line_of(entry, attribute)) {
            options += (options.empty() ? "" : ",") + name + "=" + *value;
        }
    }
    return options;
}

}  // namespace

const std::vector<std::string>& Entry::values(std::string_view name) const {
    static const std::vector<std::string> nothing;
    const auto found =
        std::ranges::find_if(attributes, [name](const Attribute& one) { return iequals(one.name, name); });
    return name.empty() || found == attributes.end() ? nothing : found->values;
}

std::optional<std::string> Entry::value(std::string_view name) const {
    const auto& all = values(name);
    if (all.size() > 1) {
        log_line(LogLevel::warning, "authldap: duplicate attribute " + std::string(name) + " for " + dn);
    }
    return all.empty() || all.front().empty() ? std::nullopt : std::optional(all.front());
}

std::vector<std::string> account_attributes(const LdapSettings& settings) {
    std::vector<std::string> names{settings.uid_attribute, settings.gid_attribute,  settings.home,
                                   settings.maildir,       settings.delivery,       settings.quota,
                                   settings.full_name,     settings.clear_password, settings.crypt_password};
    for (const auto& [attribute, option] : settings.options) {
        names.push_back(attribute);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());  // clang 14 has no std::ranges::unique
    std::erase(names, "");
    return names;
}

Result<std::optional<Account>> account_of(const LdapSettings& settings, const Entry& entry, std::string address,
                                          std::string_view service) {
    const auto home = line_of(entry, settings.home);
    if (!home) {
        return std::optional<Account>();
    }
    Account account;
    account.uid = id_of(entry, settings.uid_attribute, settings.uid);
    account.gid = id_of(entry, settings.gid_attribute, settings.gid);
    if (account.uid == 0 || account.gid == 0) {
        return Error(Code::unavailable,
                     "authldap: refuse to authenticate " + address + ": uid=" + std::to_string(account.uid) +
                         ", gid=" + std::to_string(account.gid) + " (zero uid or gid not permitted)");
    }
    account.address = std::move(address);
    account.home = settings.mail_root.empty() ? *home : settings.mail_root + "/" + *home;
    account.maildir = line_of(entry, service == "courier" ? settings.delivery : settings.maildir);
    account.quota = line_of(entry, settings.quota);
    account.full_name = line_of(entry, settings.full_name).value_or("");
    account.options = options_of(settings, entry);
    return std::optional(std::move(account));
}

std::optional<std::string> stored_password_of(const LdapSettings& settings, const Entry& entry) {
    if (settings.bind_as_user) {
        return std::nullopt;
    }
    if (const auto clear = entry.value(settings.clear_password)) {
        return "{PLAIN}" + *clear;
    }
    return entry.value(settings.crypt_password);
}

}  // namespace postrider::auth
