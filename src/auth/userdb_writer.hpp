// Writes a userdb database: LMDB with one table, sealed, put in place at once. docs/userdb.md has the format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/userdb_source.hpp"

namespace postrider::auth {

/// Replaces the file at `path` by a database of these records, which are sorted by name and have no duplicates.
/// Temporary file, fsync, rename, fsync of the folder; on an error the old file stays. Gives what went wrong.
std::optional<std::string> write_database(const std::string& path, const std::vector<SourceRecord>& records);

}  // namespace postrider::auth
