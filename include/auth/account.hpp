// Who a user is: what a lookup of an account gives. compat/auth.md sections 3.1 and 6.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// An account as its database describes it.
struct Account {
    std::string address;  ///< the name the account goes by, in the log too
    uid_t uid = 0;
    gid_t gid = 0;
    std::string home;
    std::optional<std::string> maildir;  ///< absolute, or relative to home; none: MAILDIRPATH. Empty: not usable
    std::optional<std::string> quota;
    std::string full_name;
    std::string options;      ///< "name=value,name=value"
    std::string system_user;  ///< who it is in the system's user database, which knows its groups; empty: nobody there

    /// The first option of that name; "" when it stands without a value.
    std::optional<std::string_view> option(std::string_view name) const;
    /// An option as Courier reads a switch: a non-zero number, or a word that begins with t or y.
    bool is_on(std::string_view name) const;
    /// Where the mail is: absolute, or below the home. standard: MAILDIRPATH, for accounts that name no Maildir.
    /// Empty: there is none.
    std::string maildir_path(const std::string& standard) const;
};

}  // namespace postrider::auth
