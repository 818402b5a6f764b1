// Reads one whole command from a connection: its lines and literals, within limits. RFC 3501 section 2.2, RFC 7888.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/task.hpp"
#include "imap/session.hpp"
#include "imap/wire/command_lines.hpp"
#include "net/connection.hpp"

namespace postrider::imap {

struct ReadLimits {
    std::size_t bytes;     ///< all lines of one command together
    std::size_t literal;   ///< one literal
    std::size_t literals;  ///< their number
};

/// A command as it arrived.
struct CommandLine {
    std::string bytes;  ///< lines and literals as wire::ArgReader takes them
    wire::CommandHead head;
    std::string problem;  ///< why it cannot be run ("" when it can): too long, or head.problem
    std::optional<Session::MessageLiteral> message;  ///< APPEND: the literal that ends `bytes` is not read yet
};

/// What is too long is read to its end and dropped, so that no part of it is taken for a command; only a
/// non-synchronising literal beyond any reason ends the connection (too_long).
/// deadline: for the first line. Later pieces must come within limits::literal_stall_time each, and before `last`.
Task<net::Io<CommandLine>> read_command(net::Connection& connection, ReadLimits limits, net::Deadline deadline,
                                        net::Deadline last);

/// Reads and drops the rest of a command from its announced literal on.
Task<net::Io<>> drop_literal(net::Connection& connection, std::uint64_t size, net::Deadline last);

}  // namespace postrider::imap
