// Edits on the text of a userdb source file: comments, blank lines and the order of everything stay.
// compat/userdb.md section 5. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::auth {

/// The names of all records, in order.
std::vector<std::string_view> record_names(std::string_view text);

/// The fields of the first record of that name, empty ones left out. None: no such record.
std::optional<std::vector<std::string_view>> record_fields(std::string_view text, std::string_view name);

/// Replaces fields of the same name in their place and adds the others at the end; a new record gets all of them.
/// Neither name nor fields hold a newline; the name no TAB and no "#" at its front, the fields no "|".
std::string with_fields(std::string_view text, std::string_view name, const std::vector<std::string>& fields);

/// The record without the fields of these names; the bare name when none is left.
std::string without_fields(std::string_view text, std::string_view name, const std::vector<std::string>& names);

/// The text without the record's line.
std::string without_record(std::string_view text, std::string_view name);

}  // namespace postrider::auth
