// `postrider imapd [MAILDIR]`: one session on stdin and stdout, as Courier's imapd from a shell.
// compat/imap.md section 1, compat/config.md section 6.1.
#include "cli/standard_session.hpp"
#include "cli/subcommand.hpp"

namespace postrider::cli {

namespace {

int run(const Invocation& invocation) {
    return run_standard_session(invocation, Protocol::imap);
}

}  // namespace

const Subcommand sub_imapd = {
    .name = "imapd",
    .summary = "one IMAP session on stdin and stdout, logged in already",
    .link = "imapd",
    .run = run,
};

}  // namespace postrider::cli
