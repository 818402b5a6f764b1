// What the two file syntaxes share, and the way back: a value as it can be written in a settings file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace postrider::config {

/// The most that one file may hold, and the most that its values may hold together once they are expanded.
inline constexpr std::size_t settings_bytes = 1024 * 1024;

/// NUL and carriage return stand in no settings file; text beyond settings_bytes is not read. None: all is well.
std::optional<FileSyntaxError> unreadable_text(std::string_view text);

/// The value as one word of a shell: as it is where that is safe, in single quotes otherwise.
std::string shell_quoted(std::string_view value);

}  // namespace postrider::config
