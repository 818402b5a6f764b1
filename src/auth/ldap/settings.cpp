// authldaprc -> LdapSettings. Names and defaults: compat/config.md section 9.1.
#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

#include "auth/fields.hpp"
#include "auth/ldap.hpp"
#include "auth/ldap/tls_options.hpp"
#include "auth/source_file.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

std::string text_or(const SourceFile& file, std::string_view name, const std::string& standard) {
    const std::string& value = file.text(name);
    return value.empty() ? standard : value;
}

/// By blanks, commas or both.
std::vector<std::string> uris_of(const SourceFile& file) {
    constexpr std::array<std::string_view, 3> schemes{"ldap://", "ldaps://", "ldapi://"};
    constexpr std::string_view name = "LDAP_URI";
    std::string list = file.required(name);
    std::ranges::replace_if(
        list, [](char c) { return c == ' ' || c == '\t'; }, ',');
    std::vector<std::string> uris;
    each_item(list, ',', [&](std::string_view uri) {
        if (std::ranges::none_of(schemes, [uri](auto scheme) { return istarts_with(uri, scheme); })) {
            file.refuse(name, "expected ldap://, ldaps:// or ldapi://, found \"" + log_safe(uri, 80) + '"');
        }
        uris.emplace_back(uri);
        return true;
    });
    if (uris.empty()) {
        file.refuse(name, "names no server");
    }
    return uris;
}

LdapSettings::Deref deref_of(const SourceFile& file) {
    constexpr std::array<std::string_view, 4> words{"never", "searching", "finding", "always"};
    const std::string value = text_or(file, "LDAP_DEREF", "never");
    const auto found = std::ranges::find_if(words, [&](auto word) { return iequals(word, value); });
    if (found == words.end()) {
        file.refuse("LDAP_DEREF", "expected never, searching, finding or always");
    }
    return static_cast<LdapSettings::Deref>(found - words.begin());
}

/// A number, or a name of the system's; none where it is not set. 0 is nobody's who reads mail.
std::optional<uid_t> global_id(const SourceFile& file, std::string_view name,
                               const std::function<std::optional<uid_t>(const char*)>& look_up) {
    const std::string& value = file.text(name);
    if (value.empty()) {
        return std::nullopt;
    }
    const auto id = is_digit(value.front()) ? parse_decimal<uid_t>(value) : look_up(value.c_str());
    if (!id || *id == 0) {
        file.refuse(name, "expected a number above 0 or a name that this system knows");
    }
    return id;
}

std::optional<uid_t> uid_of(const char* name) {
    const passwd* found = ::getpwnam(name);  // which is for one thread: the start's
    return found == nullptr ? std::nullopt : std::optional(found->pw_uid);
}

std::optional<gid_t> gid_of(const char* name) {
    const group* found = ::getgrnam(name);
    return found == nullptr ? std::nullopt : std::optional(found->gr_gid);
}

/// "attribute=option,attribute": an item without "=" is an option of its attribute's name.
std::vector<std::pair<std::string, std::string>> options_of(const SourceFile& file) {
    std::vector<std::pair<std::string, std::string>> options;
    each_item(file.text("LDAP_AUXOPTIONS"), ',', [&options](std::string_view item) {
        const auto text = trimmed(item);
        const auto attribute = item_name(text);
        const auto option = attribute.size() == text.size() ? text : text.substr(attribute.size() + 1);
        options.emplace_back(attribute, option);
        return true;
    });
    return options;
}

/// A filter stands inside others: without its parentheses it would say something else.
std::string filter_of(const SourceFile& file, std::string_view name) {
    const std::string& filter = file.text(name);
    if (!filter.empty() && (filter.front() != '(' || filter.back() != ')')) {
        file.refuse(name, "a filter begins with ( and ends with )");
    }
    return filter;
}

LdapSettings::EmailMap map_of(const SourceFile& file, const std::string& mail) {
    LdapSettings::EmailMap map;
    map.filter = filter_of(file, "LDAP_EMAILMAP");
    if (!map.filter.empty()) {
        map.base_dn = file.required("LDAP_EMAILMAP_BASEDN");
        map.attribute = text_or(file, "LDAP_EMAILMAP_ATTRIBUTE", "handle");
        map.mail = text_or(file, "LDAP_EMAILMAP_MAIL", mail);
    }
    return map;
}

void read_server(const SourceFile& file, LdapSettings& settings) {
    settings.uris = uris_of(file);
    const unsigned version = file.number("LDAP_PROTOCOL_VERSION", 0, 0, 3);
    settings.version = version == 0 ? 3 : version;
    settings.start_tls = file.is_on("LDAP_TLS");
    settings.timeout = std::chrono::seconds(file.number("LDAP_TIMEOUT", 5, 1, 60));
    if (file.is_on("LDAP_INITBIND")) {
        settings.bind_dn = file.required("LDAP_BINDDN");
        settings.bind_password = file.required("LDAP_BINDPW");
    }
    settings.bind_as_user = file.is_on("LDAP_AUTHBIND");
}

void read_search(const SourceFile& file, LdapSettings& settings) {
    settings.base_dn = file.required("LDAP_BASEDN");
    settings.deref = deref_of(file);
    settings.filter = filter_of(file, "LDAP_FILTER");
    settings.enumerate_filter = filter_of(file, "LDAP_ENUMERATE_FILTER");
    settings.domain = file.text("LDAP_DOMAIN");
    settings.mail = text_or(file, "LDAP_MAIL", "mail");
    settings.map = map_of(file, settings.mail);
}

void read_attributes(const SourceFile& file, LdapSettings& settings) {
    settings.uid_attribute = file.text("LDAP_UID");
    settings.gid_attribute = file.text("LDAP_GID");
    settings.uid = global_id(file, "LDAP_GLOB_UID", uid_of);
    settings.gid = global_id(file, "LDAP_GLOB_GID", gid_of);
    settings.home = text_or(file, "LDAP_HOMEDIR", "homeDir");
    settings.mail_root = file.text("LDAP_MAILROOT");
    settings.maildir = file.text("LDAP_MAILDIR");
    settings.delivery = file.text("LDAP_DEFAULTDELIVERY");
    settings.quota = file.text("LDAP_MAILDIRQUOTA");
    settings.full_name = file.text("LDAP_FULLNAME");
    settings.clear_password = file.text("LDAP_CLEARPW");
    settings.crypt_password = file.text("LDAP_CRYPTPW");
    settings.options = options_of(file);
}

}  // namespace

LdapSettings read_ldap_settings(const std::string& path, std::map<std::string, std::string> tls) {
    const SourceFile file = read_source_file(path);
    LdapSettings settings;
    read_server(file, settings);
    read_search(file, settings);
    read_attributes(file, settings);
    check_tls_options(tls);
    settings.tls = std::move(tls);
    return settings;
}

}  // namespace postrider::auth
