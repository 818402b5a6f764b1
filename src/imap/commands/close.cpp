// CLOSE removes what is \Deleted without saying so; UNSELECT leaves it. RFC 3501 section 6.4.2, RFC 3691.
#include "imap/command.hpp"
#include "imap/expunge_log.hpp"

namespace postrider::imap {

namespace {

Task<Reply> run_close(Session& session, NoArgs) {
    if (session.mailbox().access() == store::Access::read_write) {
        std::optional<std::vector<Uid>> all;
        const auto expunged = co_await session.mailbox().expunge(std::move(all));
        if (!expunged) {
            co_return no(expunged.error());  // still selected: nothing is hidden from the client
        }
        log_expunged(session, *expunged);
    }
    session.unselect();
    co_return ok("mailbox closed.");
}

Task<Reply> run_unselect(Session& session, NoArgs) {
    session.unselect();
    co_return ok("Returned to authenticated state.");
}

}  // namespace

constinit const Command cmd_close = command<parse_nothing, run_close>({
    .name = "CLOSE",
    .announce = Announce::no,
});

constinit const Command cmd_unselect = command<parse_nothing, run_unselect>({
    .name = "UNSELECT",
    .announce = Announce::no,
    .capability = "UNSELECT",
});

}  // namespace postrider::imap
