// APPEND: the message goes from the socket to a temporary file in pieces; it is visible, durable and has its UID before
// the answer. RFC 3501 section 6.3.11, RFC 4315 (APPENDUID), RFC 7888, RFC 6855 section 4 (UTF8).
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "imap/command.hpp"
#include "imap/wire/command_lines.hpp"

namespace postrider::imap {

namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

struct Args {
    std::string name;
    wire::FlagList flags;
    std::optional<wire::DateTime> date;
    bool utf8_data = false;  ///< "UTF8 (~{n}" ... ")"
};

Parsed<Args> parse(ArgReader in) {
    Args args;
    auto name = in.mailbox();
    if (!name) {
        return name.error();
    }
    args.name = std::move(*name);
    (void)in.space();
    if (in.peek() == '(') {
        auto flags = in.flag_list();
        if (!flags) {
            return flags.error();
        }
        args.flags = std::move(*flags);
    } else {
        in.take_word("NIL");
    }
    (void)in.space();
    if (in.peek() == '"') {
        auto date = in.date_time();
        if (!date) {
            return date.error();
        }
        args.date = *date;
    } else {
        in.take_word("NIL");
    }
    (void)in.space();
    if (in.take_word("UTF8")) {
        (void)in.space();
        args.utf8_data = in.take('(');
    }
    (void)in.space();
    if (!in.done()) {
        return in.error("flags in parentheses, a quoted date, or the message's literal expected");
    }
    return args;
}

net::Deadline stall_deadline() {
    return std::chrono::steady_clock::now() + limits::literal_stall_time;
}

/// Takes the message's bytes from the client into the upload. none: the client is gone. A disk that fails midway does
/// not stop the reading: the bytes are the client's, not commands.
Task<std::optional<Result<void>>> receive(Session& session, store::Upload& upload, std::uint64_t size) {
    Result<void> stored;
    while (size > 0) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, piece_bytes));
        auto piece = co_await session.connection().read_some(most, stall_deadline());
        if (!piece) {
            session.closed(piece.error());
            co_return std::nullopt;
        }
        size -= piece->size();
        if (stored) {
            std::string bytes = std::move(*piece);
            stored = co_await upload.write(std::move(bytes));
        }
    }
    co_return stored;
}

Reply failed(const Error& error) {
    switch (error.code) {
        case Code::over_quota:
            return no("[OVERQUOTA] You exceeded your mail quota.");
        case Code::no_space:
        case Code::not_permitted:
            return no("[UNAVAILABLE] Cannot create message - no write permission or out of disk space.");
        default:
            return no(error);
    }
}

/// The line end behind the literal, with ")" before it in the UTF8 form. none: the client is gone. Another literal that
/// is announced there (MULTIAPPEND, which is not offered) is left to the session to be dropped.
Task<std::optional<bool>> command_ends_well(Session& session, bool utf8_data) {
    const auto line = co_await session.exchange_line(limits::command_bytes);
    if (!line) {
        co_return std::nullopt;
    }
    if (const auto mark = wire::literal_mark(*line); mark && !mark->synchronising) {
        session.message_literal() = Session::MessageLiteral{mark->size, false};
    }
    co_return *line == (utf8_data ? ")" : "");
}

std::optional<Reply> refusal_before_data(Session& session, const Args& args) {
    const auto& literal = session.message_literal();
    if (!literal) {
        return bad("Error in IMAP command: the message must come as a literal, {size} at the end of the line");
    }
    if (args.utf8_data && !session.utf8()) {
        return bad("Error in IMAP command: UTF8 needs ENABLE UTF8=ACCEPT first");
    }
    if (literal->size == 0) {
        return no("[CANNOT] A message cannot be empty.");
    }
    if (literal->size > limits::message_bytes) {
        return no("[TOOBIG] The message is too long: at most " + std::to_string(limits::message_bytes) + " bytes");
    }
    if (session.state() == State::selected && session.mailbox().access() == store::Access::read_only &&
        session.mailbox().name() == args.name) {
        return no("[NOPERM] Current box is selected READ-ONLY.");
    }
    return std::nullopt;
}

Task<Reply> run(Session& session, Args args) {
    if (auto refusal = refusal_before_data(session, args)) {
        co_return *refusal;
    }
    std::string name = args.name;
    auto upload = co_await session.user().begin_append(std::move(name));
    if (!upload) {
        const bool missing = upload.error().code == Code::no_such_mailbox;
        co_return missing ? no("[TRYCREATE] Must create mailbox before append") : failed(upload.error());
    }
    const auto literal = *std::exchange(session.message_literal(), std::nullopt);
    if (literal.synchronising) {
        const bool sent = co_await session.continuation("OK");
        if (!sent) {
            co_return no("");
        }
    }
    const auto received = co_await receive(session, **upload, literal.size);
    if (!received) {
        co_return no("");
    }
    const auto ends_well = co_await command_ends_well(session, args.utf8_data);
    if (!ends_well) {
        co_return no("");
    }
    if (!*ends_well) {
        co_return bad("Error in IMAP command: nothing expected behind the message; it was not stored");
    }
    if (!*received) {
        co_return failed(received->error());
    }
    std::optional<std::chrono::sys_seconds> date;
    if (args.date) {
        date = args.date->time;
    }
    std::vector<std::string> keywords = std::move(args.flags.keywords);
    const auto stored = co_await (*upload)->finish(args.flags.flags, std::move(keywords), date);
    if (!stored) {
        co_return failed(stored.error());
    }
    co_return ok("[APPENDUID " + std::to_string(stored->uid_validity.value()) + " " +
                 std::to_string(stored->uid.value()) + "] APPEND Ok.");
}

}  // namespace

constinit const Command cmd_append = command<parse, run>({
    .name = "APPEND",
    .allowed_in = after_login,
});

}  // namespace postrider::imap
