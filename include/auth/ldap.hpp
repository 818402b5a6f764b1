// authldap: accounts of a directory, by libldap. compat/auth.md section 2.5, compat/config.md section 9.1.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/module.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

/// What authldaprc says. Attributes without a name ("") are not asked for.
struct LdapSettings {
    enum class Deref : std::uint8_t { never, searching, finding, always };

    std::vector<std::string> uris;  ///< "ldap://", "ldaps://" or "ldapi://"; at least one
    unsigned version = 3;
    bool start_tls = false;
    std::map<std::string, std::string> tls;  ///< as authdaemonrc has it: "LDAPTLS_CACERT" and its file
    std::chrono::seconds timeout{5};         ///< of each step
    std::string bind_dn;                     ///< for searches; "": none, the server is asked anonymously
    std::string bind_password;

    std::string base_dn;
    Deref deref = Deref::never;
    std::string filter;            ///< with its parentheses; "": none
    std::string enumerate_filter;  ///< "": filter
    std::string domain;            ///< of names without "@"
    bool bind_as_user = false;     ///< how passwords are checked

    /// A search before the search: from the typed name to what map.mail holds.
    struct EmailMap {
        std::string filter;  ///< with @user@ and @realm@; "": no map
        std::string base_dn;
        std::string attribute;
        std::string mail;  ///< the attribute that is then searched instead of `mail`
    } map;

    std::string mail;
    std::string uid_attribute;
    std::string gid_attribute;
    std::optional<uid_t> uid;  ///< of entries that have no such attribute
    std::optional<gid_t> gid;
    std::string home;
    std::string mail_root;  ///< put before the home; "": nothing
    std::string maildir;
    std::string delivery;  ///< instead of maildir, for the service "courier"
    std::string quota;
    std::string full_name;
    std::string clear_password;
    std::string crypt_password;
    std::vector<std::pair<std::string, std::string>> options;  ///< attribute, name of the account option
};

/// From authldaprc; tls: what authdaemonrc sets of LDAPTLS_*. Reads files: at start and at a reload only. Throws
/// std::runtime_error with file and line.
LdapSettings read_ldap_settings(const std::string& path, std::map<std::string, std::string> tls = {});

/// Passwords and searches go over limits::ldap_connections connections, which are made when they are needed, made anew
/// when they are lost, and used by a thread of their own each. A server that cannot be reached is "unavailable".
/// checker: of passwords in attributes; outlives the module.
std::unique_ptr<Module> make_ldap_module(LdapSettings settings, PasswordChecker& checker);

}  // namespace postrider::auth
