// SELECT and EXAMINE. RFC 3501 sections 6.3.1 and 6.3.2; compat/imap.md section 6.
#include "core/text.hpp"
#include "imap/arguments.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

void print_first_unseen(Session& session) {
    const store::Snapshot& snapshot = session.mailbox().view()->snapshot();
    if (const std::size_t first = snapshot.first_unseen(); first < snapshot.size()) {
        session.untagged("OK [UNSEEN " + std::to_string(first + 1) + "] First unseen.");
    }
}

Task<Reply> open(Session& session, std::string name, store::Access access) {
    session.unselect();  // a failed SELECT leaves nothing selected
    auto mailbox = co_await session.user().select(name, access);
    if (!mailbox) {
        co_return no(mailbox.error());
    }
    session.select(std::move(*mailbox), std::move(name));
    session.print_flags_lines();
    const store::View& view = *session.mailbox().view();
    session.untagged(std::to_string(view.size()) + " EXISTS");
    session.untagged(std::to_string(view.recent_count()) + " RECENT");
    print_first_unseen(session);
    session.untagged("OK [UIDVALIDITY " + std::to_string(view.snapshot().uid_validity().value()) + "] Ok");
    session.untagged("OK [UIDNEXT " + std::to_string(view.snapshot().uid_next().value()) + "] Ok");
    co_return ok(access == store::Access::read_write ? "[READ-WRITE] Ok" : "[READ-ONLY] Ok");
}

Task<Reply> run_select(Session& session, OneMailbox args) {
    return open(session, std::move(args.name), store::Access::read_write);
}

Task<Reply> run_examine(Session& session, OneMailbox args) {
    return open(session, std::move(args.name), store::Access::read_only);
}

}  // namespace

constinit const Command cmd_select = command<parse_one_mailbox, run_select>({
    .name = "SELECT",
    .allowed_in = after_login,
    .announce = Announce::no,
});

constinit const Command cmd_examine = command<parse_one_mailbox, run_examine>({
    .name = "EXAMINE",
    .allowed_in = after_login,
    .announce = Announce::no,
});

}  // namespace postrider::imap
