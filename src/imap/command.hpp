// A command is one row: its name, the protocol's facts about it, and how it is parsed and run.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/task.hpp"
#include "imap/command_names.hpp"
#include "imap/reply.hpp"
#include "imap/session.hpp"
#include "imap/wire/arg_reader.hpp"
#include "store/view.hpp"

namespace postrider::imap {

using store::Expunges;
using wire::ArgReader;

/// Whether changes of the selected mailbox are looked for and told before the tagged reply.
enum class Announce : bool { no, yes };

struct CommandFacts {
    std::string_view name;  ///< upper case; "UID FETCH" for the UID form
    State allowed_in = State::selected;
    Expunges expunges = Expunges::may_send;  ///< RFC 3501 section 7.4.1
    Announce announce = Announce::yes;
    std::string_view capability = {};  ///< the word it brings, if it is announced by one
};

struct Command {
    CommandFacts facts;
    Task<Reply> (*execute)(Session& session, ArgReader in);
};

namespace detail {

template <auto parse, auto run>
Task<Reply> execute(Session& session, ArgReader in) {
    auto args = parse(in);
    if (!args) {
        return answer(bad(args.error()));
    }
    return run(session, std::move(*args));
}

}  // namespace detail

/// Makes a row from `Parsed<Args> parse(ArgReader)` and `Task<Reply> run(Session&, Args)`.
template <auto parse, auto run>
constexpr Command command(CommandFacts facts) {
    return {facts, &detail::execute<parse, run>};
}

/// For commands without arguments.
struct NoArgs {};
Parsed<NoArgs> parse_nothing(ArgReader in);

/// Every command, by name: made by the build from src/imap/commands.
std::span<const Command* const> command_table();
/// Null: there is no such command.
const Command* find_command(std::string_view name);

inline constexpr State after_login = State::authenticated | State::selected;
inline constexpr State any_state = State::not_authenticated | after_login;

}  // namespace postrider::imap
