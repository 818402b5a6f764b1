// `postrider kick`: ends sessions of a running server. docs/man/postrider-control.8.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "cli/control_call.hpp"
#include "core/text.hpp"
#include "service/exit_codes.hpp"

namespace postrider::cli {

namespace {

constexpr std::size_t longest_account = 4096;

int run(const Invocation& invocation) {
    ControlCall call(invocation, "Ends sessions of the running server, with BYE.");
    std::vector<std::string> whom;
    call.options()
        .add_option("NUMBER|USER", whom, "a session's number as `postrider who` shows it, or an account: all of its")
        ->required();
    if (const auto code = call.parse()) {
        return *code;
    }
    for (std::string& one : whom) {
        if (one.empty() || one.size() > longest_account) {
            std::cerr << invocation.program << ": a session's number or an account expected\n";
            return service::exit_usage;
        }
        if (std::ranges::all_of(one, is_digit)) {
            one.insert(0, 1, '#');
        }
    }
    const service::ControlClient server = call.client();
    std::uint64_t ended = 0;
    for (const std::string& one : whom) {
        ended += taken(server.kick(one));
    }
    const std::string number = std::to_string(ended);
    const int code = printed(call.json() ? "{\"ended\": " + number + "}\n" : "sessions ended: " + number + '\n');
    return code == 0 && ended == 0 ? exit_not_done : code;
}

}  // namespace

const Subcommand sub_kick = {.name = "kick", .summary = "end sessions of the running server", .run = run};

}  // namespace postrider::cli
