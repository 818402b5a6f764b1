// LOGOUT. RFC 3501 section 6.1.3.
#include <chrono>

#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run(Session& session, NoArgs) {
    session.unselect();
    if (session.state() != State::not_authenticated) {
        const auto now = std::chrono::system_clock::now();
        co_await session.user().empty_trash(now);
    }
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
