// `postrider front` and `postrider worker`: the roles that `postrider serve` starts. docs/architecture.md, "Roles".
#include "service/roles.hpp"
#include "cli/subcommand.hpp"

namespace postrider::cli {

const Subcommand sub_front = {
    .name = "front",
    .summary = "the network's side of the server",
    .run = [](const Invocation&) { return service::run_front(); },
    .hidden = true,
};

const Subcommand sub_worker = {
    .name = "worker",
    .summary = "the sessions of one user",
    .run = [](const Invocation&) { return service::run_worker(); },
    .hidden = true,
};

}  // namespace postrider::cli
