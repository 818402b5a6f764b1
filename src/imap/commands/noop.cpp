// NOOP and CHECK: nothing but the news of the mailbox. RFC 3501 sections 6.1.2 and 6.4.1.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run_noop(Session&, NoArgs) {
    co_return ok("NOOP completed");
}

// Everything acknowledged is on disk already: there is no checkpoint to make.
Task<Reply> run_check(Session&, NoArgs) {
    co_return ok("CHECK completed");
}

}  // namespace

constinit const Command cmd_noop = command<parse_nothing, run_noop>({
    .name = "NOOP",
    .allowed_in = any_state,
});

constinit const Command cmd_check = command<parse_nothing, run_check>({
    .name = "CHECK",
});

}  // namespace postrider::imap
