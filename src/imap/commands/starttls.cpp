// STARTTLS. RFC 3501 section 6.2.1. Whatever the client sent behind the command in clear is thrown away.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run(Session& session, NoArgs) {
    if (session.is_secure()) {
        co_return bad("Error in IMAP command: TLS is on already");
    }
    if (session.environment().starttls == nullptr) {
        co_return no("STARTTLS is not offered here.");
    }
    session.raw(session.tag() + " OK Begin SSL/TLS negotiation now.\r\n");
    const auto flushed = co_await session.connection().flush();
    auto done = flushed;
    if (flushed) {
        done = co_await session.connection().start_tls(session.environment().starttls, session.input_deadline());
    }
    if (!done) {
        session.log_tls_trouble();
        session.end("DISCONNECTED");
    }
    session.answered();
    co_return ok("");
}

}  // namespace

constinit const Command cmd_starttls = command<parse_nothing, run>({
    .name = "STARTTLS",
    .allowed_in = State::not_authenticated,
    .capability = "STARTTLS",
});

}  // namespace postrider::imap
