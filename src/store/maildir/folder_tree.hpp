// The folders of one Maildir: list, create, delete, rename. compat/maildir.md section 1. Blocking: pool only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/settings.hpp"

namespace postrider::store::maildir {

/// Directory names (".", ".a", ".a.b") that have a cur/ of their own; symbolic links to directories count.
Result<std::vector<std::string>> list_folders(int maildir);

/// mkdir, tmp/, new/, cur/, maildirfolder, with Courier's modes; made durable. Nothing is left behind on an error.
/// Errors: already_exists.
Result<void> create_folder(int maildir, const std::string& directory, Durability durability);

/// Removes one folder with all its files. The folder is first renamed into the Maildir's tmp/ (so it vanishes in one
/// step and is never seen half deleted), then removed there. Errors: no_such_mailbox; reserved for ".".
Result<void> delete_folder(int maildir, const std::string& directory, const std::string& host, Durability durability);

/// Renames the folder and every folder below it (".old.*"); all or none: what was done is undone on an error. UIDs and
/// UIDVALIDITY stay. The source itself may be a level without a directory, if folders stand below it.
/// Gives the (old, new) directories. Errors: no_such_mailbox, already_exists (any target), invalid_name (target below
/// the source, or a name that grows too long).
Result<std::vector<std::pair<std::string, std::string>>> rename_folder(int maildir, const std::string& from,
                                                                       const std::string& to, Durability durability);

/// Whether new/ or cur/ holds a message without the flag S: LIST's \Marked.
bool has_unseen(int maildir, const std::string& directory);

}  // namespace postrider::store::maildir
