// The filters of authldap's searches. Pure. compat/auth.md section 2.5; RFC 4515.
#pragma once

#include <string>
#include <string_view>

#include "auth/ldap.hpp"

namespace postrider::auth {

/// A value as it stands in a filter: "*", "(", ")", "\" and NUL as "\2a" and so on. RFC 4515 section 3.
std::string filter_value(std::string_view value);

/// The typed name, with LDAP_DOMAIN where it has no domain.
std::string searched_name(const LdapSettings& settings, const std::string& user);

/// (attribute=value), and LDAP_FILTER.
std::string account_filter(const LdapSettings& settings, const std::string& attribute, std::string_view value);

/// LDAP_EMAILMAP for a name with a domain: @user@ and @realm@ are what stands before and behind its last "@".
std::string map_filter(const LdapSettings& settings, std::string_view user);

/// Of all accounts.
std::string all_accounts_filter(const LdapSettings& settings);

}  // namespace postrider::auth
