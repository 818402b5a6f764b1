// SUBSCRIBE and UNSUBSCRIBE. RFC 3501 sections 6.3.6 and 6.3.7. The name is not checked for existence (the RFC leaves
// that to us), and unsubscribing an unknown name is OK: compat/imap.md section 5.
#include "imap/arguments.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run_subscribe(Session& session, OneMailbox args) {
    if (strip_separator(args.name)) {
        co_return ok("Folder directory subscribe punted.");
    }
    std::string name = std::move(args.name);
    const auto done = co_await session.user().subscribe(std::move(name));
    co_return done ? ok("Folder subscribed.") : no(done.error());
}

Task<Reply> run_unsubscribe(Session& session, OneMailbox args) {
    if (strip_separator(args.name)) {
        co_return ok("Folder directory unsubscribe punted.");
    }
    std::string name = std::move(args.name);
    const auto done = co_await session.user().unsubscribe(std::move(name));
    co_return done ? ok("Folder unsubscribed.") : no(done.error());
}

}  // namespace

constinit const Command cmd_subscribe = command<parse_one_mailbox, run_subscribe>({
    .name = "SUBSCRIBE",
    .allowed_in = after_login,
});

constinit const Command cmd_unsubscribe = command<parse_one_mailbox, run_unsubscribe>({
    .name = "UNSUBSCRIBE",
    .allowed_in = after_login,
});

}  // namespace postrider::imap
