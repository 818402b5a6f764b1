// `postrider stop`: ends a running server and waits for its end. docs/man/postrider-control.8.
#include <chrono>

#include "cli/control_call.hpp"

namespace postrider::cli {

namespace {

constexpr auto farewell = std::chrono::seconds(10);  // beyond SHUTDOWN_TIME

int run(const Invocation& invocation) {
    ControlCall call(invocation, "Stops the running server, and waits until it is gone.");
    if (const auto code = call.parse()) {
        return *code;
    }
    taken(call.client().stop(call.shutdown_time() + farewell));
    return printed(call.json() ? "{\"stopped\": true}\n" : "the server has stopped\n");
}

}  // namespace

const Subcommand sub_stop = {.name = "stop", .summary = "stop the running server", .run = run};

}  // namespace postrider::cli
