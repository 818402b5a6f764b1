// `postrider reload`: new settings and certificates for a running server. docs/man/postrider-control.8.
#include <iostream>
#include <string>

#include "cli/control_call.hpp"
#include "cli/json.hpp"

namespace postrider::cli {

namespace {

int run(const Invocation& invocation) {
    ControlCall call(invocation,
                     "Makes the running server read its settings and certificates again, for new sessions. "
                     "With a mistake in them the old ones stay.");
    if (const auto code = call.parse()) {
        return *code;
    }
    const std::string trouble = taken(call.client().reload());
    if (!call.json()) {
        if (trouble.empty()) {
            return printed("the new settings are in force\n");
        }
        std::cerr << invocation.program << ": the old settings stay: " << trouble << '\n';
        return exit_not_done;
    }
    const int code = printed(trouble.empty() ? "{\"reloaded\": true}\n"
                                             : "{\"reloaded\": false, \"trouble\": " + json_string(trouble) + "}\n");
    return trouble.empty() ? code : exit_not_done;
}

}  // namespace

const Subcommand sub_reload = {
    .name = "reload", .summary = "make the running server read its settings again", .run = run};

}  // namespace postrider::cli
