// The text form of userdb: one record a line. compat/userdb.md sections 2 and 4.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace postrider::auth {

/// LMDB takes no longer keys.
inline constexpr std::size_t most_name_bytes = 511;

/// One record as it goes into the database.
struct SourceRecord {
    std::string name;
    std::string fields;  ///< all but passwords, with "_=LOCATION" at the end
    std::string shadow;  ///< the fields whose names end in "pw"
};

/// location: of this text below the userdb folder, such as "example-com/"; "" when userdb is one file.
/// Gives the records in order, duplicates too. Errors: the offset of the line's first byte. Pure.
Parsed<std::vector<SourceRecord>> parse_userdb_source(std::string_view text, std::string_view location);

}  // namespace postrider::auth
