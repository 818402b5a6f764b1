// LOGIN. RFC 3501 section 6.2.3.
#include "core/text.hpp"
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
    auth::Credentials credentials = std::move(args.credentials);
    co_return co_await session.log_in(std::move(credentials), {});
}

}  // namespace

constinit const Command cmd_login = command<parse, run>({
    .name = "LOGIN",
    .allowed_in = State::not_authenticated,
    .announce = Announce::no,
});

}  // namespace postrider::imap
