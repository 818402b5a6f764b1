// ID: who the client says it is goes to the log; who we are comes back. RFC 2971; compat/imap.md section 15.
#include <sys/utsname.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "imap/command.hpp"
#include "imap/wire/printer.hpp"

namespace postrider::imap {

namespace {

constexpr std::size_t most_pairs = 30;
constexpr std::size_t most_field_bytes = 30;
constexpr std::size_t most_value_bytes = 1024;

/// Asked for when the program starts: a front may not ask later.
const utsname system_name = [] {
    utsname name{};
    return ::uname(&name) == 0 ? name : utsname{};
}();

struct Args {
    std::vector<std::pair<std::string, std::optional<std::string>>> pairs;
};

Parsed<Args> parse_pairs(ArgReader& in) {
    Args args;
    while (!in.take(')')) {
        if (!args.pairs.empty()) {
            if (const auto blank = in.space(); !blank) {
                return blank.error();
            }
        }
        auto field = in.string();
        if (!field) {
            return field.error();
        }
        if (const auto blank = in.space(); !blank) {
            return blank.error();
        }
        auto value = in.nstring();
        if (!value) {
            return value.error();
        }
        if (args.pairs.size() == most_pairs) {
            return in.error("at most 30 field-value pairs are allowed");
        }
        if (field->size() > most_field_bytes || (*value && (*value)->size() > most_value_bytes)) {
            return in.error("a field may have 30 bytes and a value 1024");
        }
        args.pairs.emplace_back(std::move(*field), std::move(*value));
    }
    return args;
}

Parsed<Args> parse(ArgReader in) {
    Args args;
    if (in.take('(')) {
        auto pairs = parse_pairs(in);
        if (!pairs) {
            return pairs.error();
        }
        args = std::move(*pairs);
    } else if (!in.take_word("NIL")) {
        return in.error("NIL or a list of field-value pairs expected");
    }
    if (!in.done()) {
        return in.error("nothing expected behind the list");
    }
    return args;
}

void add(std::string& out, std::string_view field, std::string_view value) {
    if (!out.empty()) {
        out += ' ';
    }
    wire::print_string(out, field);
    out += ' ';
    wire::print_string(out, value);
}

/// IMAP_ID_FIELDS: 1 version, 2 os, 4 os-version.
std::string own_id(unsigned fields) {
    std::string out;
    add(out, "name", "postrider");
    const bool known = system_name.sysname[0] != '\0';
    if ((fields & 1) != 0) {
        add(out, "version", version);
    }
    if ((fields & 2) != 0 && known) {
        add(out, "os", system_name.sysname);
    }
    if ((fields & 4) != 0 && known) {
        add(out, "os-version", system_name.release);
    }
    return out;
}

Task<Reply> run(Session& session, Args args) {
    if (!args.pairs.empty()) {
        std::string told;
        for (const auto& [field, value] : args.pairs) {
            told += (told.empty() ? "" : ", ") + log_safe(field) + "=" + log_safe(value.value_or("NIL"), 200);
        }
        // A client cannot fill the log: it is told of once a session, after login.
        if (session.state() != State::not_authenticated && session.client_id().empty()) {
            log_line(LogLevel::info, "ID, user=" + session.account().address + ", ip=[" + session.peer().text +
                                         "], port=[" + std::to_string(session.peer().port) + "], " + told);
        }
        session.set_client_id(told.substr(0, limits::client_id_bytes));
    }
    session.untagged("ID (" + own_id(session.settings().id_fields.value_or(0)) + ")");
    co_return ok("ID completed");
}

}  // namespace

constinit const Command cmd_id = command<parse, run>({
    .name = "ID",
    .allowed_in = any_state,
    .capability = "ID",
});

}  // namespace postrider::imap
