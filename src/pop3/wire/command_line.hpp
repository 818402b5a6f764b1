// Command lines and the numbers in them. RFC 1939 section 3, compat/pop3.md section 3. Pure; nothing is copied.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace postrider::pop3::wire {

struct CommandLine {
    std::string_view name;       ///< the first word, in any case; "" when there is none
    std::string_view arguments;  ///< behind the name and one blank: a password may begin with another
};

/// line: without its end.
CommandLine parse_command_line(std::string_view line);

/// Takes the next word off text; "" at its end. Blanks, tabs and CRs divide words.
std::string_view take_word(std::string_view& text);

/// The digits that the word begins with, as Courier reads a message number ("2x" is 2). None: there are none, or more
/// than the type holds.
std::optional<std::uint64_t> leading_number(std::string_view word);

inline constexpr std::uint64_t all_lines = std::numeric_limits<std::uint64_t>::max();
/// TOP's number of lines: a negative one means all. None: it is no number.
std::optional<std::uint64_t> line_count(std::string_view word);

}  // namespace postrider::pop3::wire
