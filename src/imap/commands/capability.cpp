// CAPABILITY: what the server can do in this state. RFC 3501 section 6.1.1.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run(Session& session, NoArgs) {
    session.untagged("CAPABILITY " + session.capabilities());
    co_return ok("CAPABILITY completed");
}

}  // namespace

constinit const Command cmd_capability = command<parse_nothing, run>({
    .name = "CAPABILITY",
    .allowed_in = any_state,
});

}  // namespace postrider::imap
