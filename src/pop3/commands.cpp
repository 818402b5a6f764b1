// The table of commands, and those that need no maildrop. RFC 1939 section 10, RFC 2449 section 5, RFC 6856.
#include <algorithm>
#include <array>
#include <string>

#include "core/text.hpp"
#include "pop3/command.hpp"
#include "pop3/wire/command_line.hpp"

namespace postrider::pop3 {

const Session::Command* Session::find_command(std::string_view name) {
    static constexpr std::array table{
        Command{"USER", When::before_login, &Session::user},
        Command{"PASS", When::before_login, &Session::pass},
        Command{"APOP", When::before_login, &Session::apop},
        Command{"AUTH", When::before_login, &Session::authenticate},
        Command{"STLS", When::before_login, &Session::stls},
        Command{"STAT", When::after_login, &Session::stat},
        Command{"LIST", When::after_login, &Session::list},
        Command{"UIDL", When::after_login, &Session::uidl},
        Command{"RETR", When::after_login, &Session::retr},
        Command{"TOP", When::after_login, &Session::top},
        Command{"DELE", When::after_login, &Session::dele},
        Command{"RSET", When::after_login, &Session::rset},
        Command{"NOOP", When::after_login, &Session::noop},
        Command{"CAPA", When::always, &Session::capa, false},
        Command{"LANG", When::always, &Session::lang, false},
        Command{"UTF8", When::always, &Session::utf8},
        Command{"QUIT", When::always, &Session::quit},
    };
    const auto* const found =
        std::ranges::find_if(table, [name](const Command& command) { return iequals(command.name, name); });
    return found == table.end() ? nullptr : found;
}

/// What is true here and now: no mechanism and no USER where TLS must come first, STLS only where it works (RFC 2595
/// section 4: before login), and no LOGIN-DELAY, since there is none.
Task<Reply> Session::capa(std::string_view) {
    std::string lines = "Here's what I can do:";
    const auto add = [&lines](std::string_view line) {
        lines += "\r\n";
        lines += line;
    };
    std::string mechanisms;
    for (const std::string_view mechanism : auth::sasl_mechanisms(sasl_context())) {
        mechanisms += mechanisms.empty() ? "" : " ";
        mechanisms += mechanism;
    }
    const bool login_possible = is_secure() || !settings().tls_required;
    if (login_possible && !mechanisms.empty()) {
        add("SASL " + mechanisms);
    }
    if (!is_logged_in() && !is_secure() && environment_.stls != nullptr) {
        add("STLS");
    }
    add("TOP");
    if (login_possible) {
        add("USER");
    }
    add("RESP-CODES");
    add("AUTH-RESP-CODE");
    add(settings().expire ? "EXPIRE " + std::to_string(settings().expire->count()) : "EXPIRE NEVER");
    add("PIPELINING");
    add("UIDL");
    add("UTF8 USER");
    add("LANG");
    add("IMPLEMENTATION postrider");
    add(".");
    co_return ok(std::move(lines));
}

Task<Reply> Session::lang(std::string_view arguments) {
    const std::string_view language = wire::take_word(arguments);
    if (language.empty()) {
        co_return ok("Language listing follows:\r\nen English\r\ni-default Default language\r\n.");
    }
    if (language == "en" || language == "*") {
        co_return ok("en King's English");
    }
    if (language == "i-default") {
        co_return ok("i-default King's English");
    }
    co_return refused("Language not available.");
}

Task<Reply> Session::utf8(std::string_view) {
    utf8_ = true;
    co_return ok("UTF8 enabled");
}

Task<Reply> Session::noop(std::string_view) {
    co_return ok("Yup.");
}

}  // namespace postrider::pop3
