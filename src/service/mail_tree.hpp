// Which part of the file system a worker is for. docs/architecture.md, "Roles".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auth/account.hpp"
#include "core/result.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// Where a worker's files are, and with whom it may be shared.
struct MailTree {
    std::string root;    ///< absolute
    bool there = false;  ///< it is a directory now
    /// Which directory that is: a worker's rights are bound to it, not to its name.
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::vector<std::uint32_t> groups;  ///< more groups of the account's user in the system's database; never 0
};

/// For an account whose Maildir is at `maildir`:
/// - the one of MAIL_ROOTS that it lies below;
/// - with WORKERS=uid, where the folder around the account's home belongs to the account's user as well, the highest
/// such
///   folder: a tree of virtual mailboxes, which all belong to one user;
/// - else the Maildir alone: the rest of a home (.ssh, .profile) is no mail.
/// File work, and a look-up in the system's groups. Errors: no_such_mailbox for a Maildir that is not absolute.
Result<MailTree> mail_tree_of(const auth::Account& account, const std::string& maildir, const RoleSettings& settings);

/// Whether the account may have a worker at all: not uid 0, not gid 0, not below LOWEST_UID, and its fields fit into
/// a message. The error's detail says
/// so.
Result<void> may_become(const auth::Account& account, const RoleSettings& settings);

}  // namespace postrider::service
