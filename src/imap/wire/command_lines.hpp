// Finds where a command ends in a stream of bytes: lines, and the literals announced at their ends.
// RFC 3501 section 2.2.1, RFC 7888 (LITERAL+).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::imap::wire {

/// "{n}" or "{n+}" at the end of a line.
struct LiteralMark {
    std::uint64_t size = 0;
    bool synchronising = true;
    bool binary = false;     ///< "~{n}"
    std::size_t length = 0;  ///< bytes of the mark itself
    friend bool operator==(const LiteralMark&, const LiteralMark&) = default;
};

/// The mark at the end of a line (without its line end), if there is one. A number beyond 63 bits is no mark. Pure.
std::optional<LiteralMark> literal_mark(std::string_view line);

/// A command as far as it was read: tag, command word, and the bytes behind it.
struct CommandHead {
    std::string tag;          ///< "*" when none could be read; printable ASCII, at most 128 bytes
    std::string name;         ///< upper case; with "UID " in front for UID commands
    std::size_t args_at = 0;  ///< where the arguments begin in the command's bytes: behind the blanks, or at the end
    std::string problem;      ///< what is wrong with tag or command word; "" when nothing is
    friend bool operator==(const CommandHead&, const CommandHead&) = default;
};

/// Reads tag and command word from a command's first line (without its line end). Leading blanks are passed over; no
/// blank is needed before "(". A tag may hold "+", which RFC 3501 forbids, but not begin with it. Pure.
CommandHead parse_command_head(std::string_view line);

}  // namespace postrider::imap::wire
