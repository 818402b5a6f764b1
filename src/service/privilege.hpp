// Giving up root: in this order, for ever, and proven. docs/architecture.md, "Roles".
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/result.hpp"

namespace postrider::service {

/// Whom a process becomes.
struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  ///< supplementary ones, without gid
};

/// The identity of a system user: a name or a decimal number, and a group likewise (empty: the user's own; a user that
/// is a bare number without a group takes the same number). groups stays empty. Errors: invalid_data for an unknown
/// name, for uid 0 and for gid 0.
Result<Identity> identity_of(const std::string& user, const std::string& group);

/// Makes an empty directory that has no name any more the root and the working directory. Needs root.
Result<void> enter_empty_root();

/// Groups, then gid, then uid (real, effective and saved), every capability set, and then the proof: each way back is
/// tried and must fail. Needs root; one thread. Errors: not_permitted; the caller then ends the process.
Result<void> become(const Identity& identity);

/// No core files, not to be traced by the same uid (PR_SET_DUMPABLE), no privileges by exec (PR_SET_NO_NEW_PRIVS).
Result<void> forbid_new_privileges();

}  // namespace postrider::service
