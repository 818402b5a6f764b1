#include "imap/command_reader.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"

namespace postrider::imap {

namespace {

constexpr std::uint64_t droppable_before_login = 64 * 1024;
constexpr std::size_t first_look = 256;  // enough for tag and command word

net::Deadline stall_deadline(net::Deadline last) {
    return std::min(last, std::chrono::steady_clock::now() + limits::literal_stall_time);
}

/// Where APPEND's arguments stand: the literal that ends the line is the message unless it is the mailbox's name.
bool announces_message(const CommandLine& line, const wire::LiteralMark& mark) {
    if (line.head.name != "APPEND") {
        return false;
    }
    // Behind APPEND a mark that is the whole argument is the mailbox's name; anything before it was that name.
    return line.bytes.find_first_not_of(' ', line.head.args_at) < line.bytes.size() - mark.length;
}

}  // namespace

Task<net::Io<>> drop_literal(net::Connection& connection, std::uint64_t size, net::Deadline last) {
    while (size > 0) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, limits::output_mark));
        const auto piece = co_await connection.read_some(most, stall_deadline(last));
        if (!piece) {
            co_return piece.error();
        }
        size -= piece->size();
    }
    co_return net::Io<>();
}

Task<net::Io<CommandLine>> read_command(net::Connection& connection, ReadLimits limits, net::Deadline deadline,
                                        net::Deadline last) {
    CommandLine command;
    std::size_t line_bytes = 0;
    std::size_t literals = 0;
    for (;;) {
        std::string tail;
        const std::size_t room = limits.bytes > line_bytes ? limits.bytes - line_bytes : 1;
        auto line = co_await connection.read_line(room, deadline);
        if (line) {
            line_bytes += line->size();
            tail = *line;
        } else if (line.error() == net::Closed::too_long) {
            command.problem = "Command line too long: at most " + std::to_string(limits.bytes) + " bytes";
            if (command.head.tag.empty()) {
                const auto begin = co_await connection.read_some(first_look, deadline);
                if (!begin) {
                    co_return begin.error();
                }
                command.head = wire::parse_command_head(*begin);
            }
            auto skipped = co_await connection.skip_line(deadline);
            if (!skipped) {
                co_return skipped.error();
            }
            tail = std::move(*skipped);
        } else {
            co_return line.error();
        }
        deadline = stall_deadline(last);
        if (command.head.tag.empty()) {
            command.head = wire::parse_command_head(tail);
        }
        if (command.problem.empty()) {
            command.bytes += tail;
        }
        const auto mark = wire::literal_mark(tail);
        if (!mark) {
            break;
        }
        if (command.problem.empty() && announces_message(command, *mark)) {
            command.message = Session::MessageLiteral{mark->size, mark->synchronising};
            break;
        }
        if (command.problem.empty() && mark->size > limits.literal) {
            command.problem = "Literal too long: at most " + std::to_string(limits.literal) + " bytes here";
        } else if (command.problem.empty() && ++literals > limits.literals) {
            command.problem = "Too many literals: at most " + std::to_string(limits.literals);
        }
        if (!command.problem.empty()) {
            if (mark->synchronising) {
                break;  // the client waits for "+", gets BAD instead, and sends nothing more
            }
            if (limits.bytes < limits::command_bytes && mark->size > droppable_before_login) {
                co_return net::Closed::too_long;
            }
            const auto dropped = co_await drop_literal(connection, mark->size, last);
            if (!dropped) {
                co_return dropped.error();
            }
            continue;
        }
        if (mark->synchronising) {
            connection.write("+ OK\r\n");
            const auto flushed = co_await connection.flush();
            if (!flushed) {
                co_return flushed.error();
            }
        }
        command.bytes += "\r\n";
        const auto size = static_cast<std::size_t>(mark->size);
        const auto read = co_await connection.read_bytes(command.bytes, size, stall_deadline(last));
        if (!read) {
            co_return read.error();
        }
        deadline = stall_deadline(last);
    }
    if (command.problem.empty()) {
        command.problem = command.head.problem;
    }
    co_return command;
}

}  // namespace postrider::imap
