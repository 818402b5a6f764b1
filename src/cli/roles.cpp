// `postrider front`, `postrider worker` and `postrider authpam`: what `postrider serve` starts. docs/architecture.md,
// "Roles".
#include "service/roles.hpp"
#include "auth/pam.hpp"
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

const Subcommand sub_authpam = {
    .name = "authpam",
    .summary = "conversations with PAM",
    .run = [](const Invocation&) { return auth::run_pam_child(); },
    .hidden = true,
};

}  // namespace postrider::cli
