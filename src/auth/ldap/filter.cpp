#include "auth/ldap/filter.hpp"

namespace postrider::auth {

namespace {

constexpr std::string_view special = std::string_view("*()\\\0", 5);

/// Each place holder is looked for in the filter alone, never in a value that was put in.
std::string substituted(std::string_view text, std::string_view user, std::string_view realm) {
    constexpr std::string_view user_place = "@user@";
    constexpr std::string_view realm_place = "@realm@";
    std::string out;
    while (!text.empty()) {
        if (text.starts_with(user_place)) {
            out += user;
            text.remove_prefix(user_place.size());
        } else if (text.starts_with(realm_place)) {
            out += realm;
            text.remove_prefix(realm_place.size());
        } else {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace

std::string filter_value(std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
        if (special.find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '\\';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::string searched_name(const LdapSettings& settings, const std::string& user) {
    const bool has_domain = user.find('@') != std::string::npos;
    return has_domain || settings.domain.empty() ? user : user + "@" + settings.domain;
}

std::string account_filter(const LdapSettings& settings, const std::string& attribute, std::string_view value) {
    const std::string match = "(" + attribute + "=" + filter_value(value) + ")";
    return settings.filter.empty() ? match : "(&" + settings.filter + match + ")";
}

std::string map_filter(const LdapSettings& settings, std::string_view user) {
    const auto at = user.rfind('@');
    return substituted(settings.map.filter, filter_value(user.substr(0, at)), filter_value(user.substr(at + 1)));
}

std::string all_accounts_filter(const LdapSettings& settings) {
    if (!settings.enumerate_filter.empty()) {
        return settings.enumerate_filter;
    }
    return settings.filter.empty() ? "(" + settings.mail + "=*)" : settings.filter;
}

}  // namespace postrider::auth
