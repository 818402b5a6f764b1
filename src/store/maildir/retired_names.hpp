// postrider-retired in the main Maildir: folders that were deleted or renamed away, with the UIDVALIDITY they had last.
// A client may still hold messages under such a name; a later folder of that name must not be taken for the old one
// (RFC 3501 section 2.3.1.1). Courier waits two seconds instead, which does not help a folder that comes by RENAME.
// Lines "<uidvalidity> <directory>". Blocking: pool only; the account's strand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

inline constexpr const char* retired_names_file = "postrider-retired";

/// directory -> the greatest UIDVALIDITY it had.
using RetiredNames = std::map<std::string, UidValidity, std::less<>>;

/// Wrong lines are left out. Pure.
RetiredNames parse_retired_names(std::string_view text);

/// No file: none. Errors: it cannot be read, is no regular file, or absurdly long; it must not be written anew then.
Result<RetiredNames> read_retired_names(int maildir);

/// The UIDVALIDITY of a folder's list; none without a readable one.
std::optional<UidValidity> uid_validity_of(int maildir, const std::string& directory);

/// Writes down what these folders have now, before they go. Durable.
Result<void> retire_names(int maildir, const std::vector<std::string>& directories, const std::string& host,
                          Durability durability);

/// Gives a folder that is to be renamed another UIDVALIDITY where its new name was used with the same or a greater one.
/// UIDs stay. Sessions on it find out at their next look. Under the folder's lock; nothing is written where the names
/// do not clash.
Result<void> renew_uid_validity(int maildir, const std::string& directory, const std::string& new_directory,
                                const std::string& host, Durability durability);

/// A new folder of this name gets a UIDVALIDITY above the one it had.
void respect_retired_name(int maildir, const std::string& directory);

}  // namespace postrider::store::maildir
