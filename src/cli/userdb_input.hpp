// Reading lines and passwords from standard input. compat/userdb.md sections 5.2 and 6.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <ostream>
#include <string>

namespace postrider::cli {

/// The next line without its newline, cut after `most` bytes; what follows the line is left for the next reader.
/// None: the end, before any byte.
std::optional<std::string> read_line(int fd, std::size_t most = std::numeric_limits<std::size_t>::max());

/// One password of at most 8191 bytes: from a terminal without echo, asked for until it was typed twice alike; else
/// one line. None: the end of input. The caller wipes it.
std::optional<std::string> read_password(int fd, std::ostream& prompts);

}  // namespace postrider::cli
