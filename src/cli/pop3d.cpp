// `postrider pop3d [MAILDIR]`: one session on stdin and stdout, as Courier's pop3d from a shell.
// compat/pop3.md section 1.
#include "cli/standard_session.hpp"
#include "cli/subcommand.hpp"

namespace postrider::cli {

namespace {

int run(const Invocation& invocation) {
    return run_standard_session(invocation, Protocol::pop3);
}

}  // namespace

const Subcommand sub_pop3d = {
    .name = "pop3d",
    .summary = "one POP3 session on stdin and stdout, logged in already",
    .link = "pop3d",
    .other_link = "courierpop3d",
    .run = run,
};

}  // namespace postrider::cli
