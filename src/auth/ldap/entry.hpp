// An entry of a directory, and the account that it describes. Pure. compat/auth.md section 2.5.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/ldap.hpp"

namespace postrider::auth {

struct Attribute {
    std::string name;
    std::vector<std::string> values;
};

struct Entry {
    std::string dn;
    std::vector<Attribute> attributes;

    /// Its values, by its name in any case; empty: not there, or the name is "".
    const std::vector<std::string>& values(std::string_view name) const;
    /// The first of them; one line of the log where there are more. None: there is none, or it is empty.
    std::optional<std::string> value(std::string_view name) const;
};

/// The attributes that a search for accounts asks for, without doubles.
std::vector<std::string> account_attributes(const LdapSettings& settings);

/// The account of that name, asked for by that service. None: it has no home, or one with control characters. Errors:
/// unavailable when its uid or gid is 0 or no number: the directory, not the user, is wrong then.
Result<std::optional<Account>> account_of(const LdapSettings& settings, const Entry& entry, std::string address,
                                          std::string_view service);

/// What the password is checked against, in a form of password.hpp: the one in clear where there is one. None: there is
/// none, or users prove themselves to the directory.
std::optional<std::string> stored_password_of(const LdapSettings& settings, const Entry& entry);

}  // namespace postrider::auth
