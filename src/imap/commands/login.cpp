// LOGIN. RFC 3501 section 6.2.3.
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

struct Args {
    auth::Credentials credentials;
};

Parsed<Args> parse(ArgReader in) {
    auto user = in.astring();
    if (!user) {
        return in.error("a user name expected");
    }
    if (const auto blank = in.space(); !blank) {
        return in.error("a password expected");
    }
    auto password = in.astring();
    if (!password) {
        return in.error("a password expected");
    }
    if (!in.done()) {
        return in.error("nothing expected behind the password; special characters need a quoted string");
    }
    return Args{auth::Credentials(std::move(*user), std::move(*password))};
}

Task<Reply> run(Session& session, Args args) {
    if (session.settings().tls_required && !session.is_secure()) {
        co_return no("[PRIVACYREQUIRED] STARTTLS required");
    }
    const std::string who = "user=" + auth::claimed_name(args.credentials.user);
    auth::Proof proof = std::move(args.credentials);
    const auto grant = co_await session.ask_gate(std::move(proof));
    if (!grant) {
        co_return no("[UNAVAILABLE] Login failed.");
    }
    co_return *grant ? session.admitted(**grant) : session.refused_login(grant->error(), who);
}

}  // namespace

constinit const Command cmd_login = command<parse, run>({
    .name = "LOGIN",
    .allowed_in = State::not_authenticated,
    .announce = Announce::no,
});

}  // namespace postrider::imap
