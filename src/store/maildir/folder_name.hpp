// IMAP mailbox names and Maildir++ directories: "INBOX.a.b" is ".a.b", "INBOX" is ".". compat/maildir.md section 1.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace postrider::store::maildir {

/// The directory of a mailbox. name: UTF-8, "INBOX" in any case as first component, no trailing ".".
/// Errors: invalid_name — not below INBOX, an empty component, "/", control characters, not UTF-8, longer than
/// limits::mailbox_name_bytes. So no result can lead outside the Maildir or to one of its own files (none of those
/// begins with a dot).
Result<std::string> directory_of(std::string_view name);

/// The mailbox of a directory entry: ".a.b" is "INBOX.a.b". Errors: invalid_name for entries that are no folder
/// (no leading dot, ".", "..", names that directory_of refuses).
Result<std::string> name_of(std::string_view directory);

}  // namespace postrider::store::maildir
