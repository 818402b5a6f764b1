// LOGOUT. RFC 3501 section 6.1.3.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run(Session& session, NoArgs) {
    session.unselect();
    session.untagged("BYE postrider server shutting down");
    session.end("LOGOUT");
    co_return ok("LOGOUT completed");
}

}  // namespace

constinit const Command cmd_logout = command<parse_nothing, run>({
    .name = "LOGOUT",
    .allowed_in = any_state,
    .announce = Announce::no,
});

}  // namespace postrider::imap
