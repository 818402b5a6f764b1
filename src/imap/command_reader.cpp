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
    // Behind APPEND a mark that is the whole argument is the mailbox's name; anything before it was that name.
    return line.head.name == "APPEND" &&
           line.bytes.find_first_not_of(' ', line.head.args_at) < line.bytes.size() - mark.length;
}

/// One command being read. Lives as long as read_command().
class Reading {
public:
    Reading(net::Connection& connection, ReadLimits limits, net::Deadline deadline, net::Deadline last)
        : connection_(connection), limits_(limits), deadline_(deadline), last_(last) {}

    /// The command's next line; of one that is too long its last bytes, where a literal may be announced.
    Task<net::Io<std::string>> next_line() {
        const std::size_t room = limits_.bytes > line_bytes_ ? limits_.bytes - line_bytes_ : 1;
        auto line = co_await connection_.read_line(room, deadline_);
        if (!line && line.error() == net::Closed::too_long) {
            line = co_await skip_long_line();
        }
        if (line) {
            line_bytes_ += line->size();
            deadline_ = stall_deadline(last_);
            if (command.head.tag.empty()) {
                command.head = wire::parse_command_head(*line);
            }
            if (command.problem.empty()) {
                command.bytes += *line;
            }
        }
        co_return line;
    }

    /// What the literal behind a line means for the command. False: the command ends here.
    Task<net::Io<bool>> take_literal(wire::LiteralMark mark) {
        if (command.problem.empty() && announces_message(command, mark)) {
            command.message = Session::MessageLiteral{mark.size, mark.synchronising};
            co_return false;
        }
        check(mark);
        if (command.problem.empty()) {
            co_return co_await read_literal(mark);
        }
        if (mark.synchronising) {
            co_return false;  // the client waits for "+", gets BAD instead, and sends nothing more
        }
        if (limits_.bytes < limits::command_bytes && mark.size > droppable_before_login) {
            co_return net::Closed::too_long;
        }
        const auto dropped = co_await drop_literal(connection_, mark.size, last_);
        co_return dropped ? net::Io<bool>(true) : dropped.error();
    }

    CommandLine command;

private:
    Task<net::Io<std::string>> skip_long_line() {
        command.problem = "Command line too long: at most " + std::to_string(limits_.bytes) + " bytes";
        if (command.head.tag.empty()) {
            const auto begin = co_await connection_.read_some(first_look, deadline_);
            if (!begin) {
                co_return begin.error();
            }
            command.head = wire::parse_command_head(*begin);
        }
        co_return co_await connection_.skip_line(deadline_);
    }

    void check(const wire::LiteralMark& mark) {
        if (!command.problem.empty()) {
            return;
        }
        if (mark.size > limits_.literal) {
            command.problem = "Literal too long: at most " + std::to_string(limits_.literal) + " bytes here";
        } else if (++literals_ > limits_.literals) {
            command.problem = "Too many literals: at most " + std::to_string(limits_.literals);
        }
    }

    Task<net::Io<bool>> read_literal(wire::LiteralMark mark) {
        if (mark.synchronising) {
            connection_.write("+ OK\r\n");
            const auto flushed = co_await connection_.flush();
            if (!flushed) {
                co_return flushed.error();
            }
        }
        command.bytes += "\r\n";
        const auto size = static_cast<std::size_t>(mark.size);
        const auto read = co_await connection_.read_bytes(command.bytes, size, stall_deadline(last_));
        deadline_ = stall_deadline(last_);
        co_return read ? net::Io<bool>(true) : read.error();
    }

    net::Connection& connection_;
    ReadLimits limits_;
    net::Deadline deadline_;
    net::Deadline last_;
    std::size_t line_bytes_ = 0;
    std::size_t literals_ = 0;
};

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
    Reading reading(connection, limits, deadline, last);
    for (;;) {
        const auto line = co_await reading.next_line();
        if (!line) {
            co_return line.error();
        }
        const auto mark = wire::literal_mark(*line);
        if (!mark) {
            break;
        }
        const auto goes_on = co_await reading.take_literal(*mark);
        if (!goes_on) {
            co_return goes_on.error();
        }
        if (!*goes_on) {
            break;
        }
    }
    if (reading.command.problem.empty()) {
        reading.command.problem = reading.command.head.problem;
    }
    co_return std::move(reading.command);
}

}  // namespace postrider::imap
