// The text form of userdb: one record a line. compat/userdb.md sections 2 and 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::auth {

/// LMDB takes no longer keys.
inline constexpr std::size_t most_name_bytes = 511;

/// One record as it goes into the database.
struct SourceRecord {
    std::string name;
    std::string fields;      ///< all but passwords, with "_=LOCATION" at the end
    std::string shadow;      ///< the fields whose names end in "pw"
    std::uint32_t line = 0;  ///< where it stands, from 1
    std::uint32_t file = 0;  ///< in which of several; for who reads them
};

/// A line that cannot be compiled.
struct SourceFault {
    std::uint32_t line = 0;  ///< from 1
    std::string reason;
};

struct ParsedSource {
    std::vector<SourceRecord> records;  ///< in order, duplicates too
    std::vector<SourceFault> faults;    ///< every one, in order
};

/// location: of this text below the userdb folder, such as "example-com/"; "" when userdb is one file. Pure.
/// Faults: a NUL, a name over most_name_bytes, a uid or gid that is no id (Courier takes it for root's).
ParsedSource parse_userdb_source(std::string_view text, std::string_view location);

}  // namespace postrider::auth
