// Finding a message whose name changed meanwhile: other programs rename files in cur/ when flags change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

/// Whether a file of this name can be a message: no hidden file, and nothing that our lists could not hold.
bool is_message_name(std::string_view name);

/// exact: the same base. tolerant: also one that differs in its ",S=<digits>" alone, as Courier looks for them.
enum class Match { exact, tolerant };

/// The present name of a message in cur/; none when it is gone. base: as base_of gave it.
Result<std::optional<std::string>> find_in_cur(int cur, std::string_view base, Match match);

/// Opens a message for reading, looked up again when its name vanished. Errors: expunged, also for what is no regular
/// file.
Result<Descriptor> open_message_file(int cur, const std::string& name);

}  // namespace postrider::store::maildir
