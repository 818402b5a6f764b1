// `postrider who`: the sessions of a running server. docs/man/postrider-control.8.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/control_call.hpp"
#include "cli/table.hpp"
#include "cli/who_text.hpp"
#include "core/text.hpp"

namespace postrider::cli {

namespace {

/// "" when it is, as CLI11 wants it.
std::string is_seconds(const std::string& text) {
    return parse_decimal<std::uint32_t>(text) ? "" : "a number of seconds expected";
}

int run(const Invocation& invocation) {
    ControlCall call(invocation, "Lists the sessions of the running server.");
    std::string user;
    std::optional<std::uint32_t> idle;
    call.options().add_option("--user", user, "only those of this account");
    call.options()
        .add_option("--idle", idle, "only those without a command for more than so many seconds")
        ->check(is_seconds);
    if (const auto code = call.parse()) {
        return *code;
    }
    std::vector<service::SessionLine> sessions = taken(call.client().who());
    std::erase_if(sessions, [&](const service::SessionLine& one) {
        return (!user.empty() && one.user != user) || (idle && one.status.idle.count() <= *idle);
    });
    return printed(call.json() ? who_json(sessions) : who_table(sessions, terminal_width()));
}

}  // namespace

const Subcommand sub_who = {.name = "who", .summary = "list the sessions of the running server", .run = run};

}  // namespace postrider::cli
