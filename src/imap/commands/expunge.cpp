// EXPUNGE and UID EXPUNGE. RFC 3501 section 6.4.3, RFC 4315 section 2.1. The removals are told by the announcement
// that follows, after the files are gone.
#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/expunge_log.hpp"

namespace postrider::imap {

namespace {

struct Args {
    wire::SequenceSet set;
};

Parsed<Args> parse_set(ArgReader in) {
    auto set = in.sequence_set();
    if (!set) {
        return set.error();
    }
    if (!in.done()) {
        return in.error("nothing expected behind the UIDs");
    }
    return Args{std::move(*set)};
}

Task<Reply> expunge(Session& session, std::optional<std::vector<Uid>> only) {
    if (session.mailbox().access() == store::Access::read_only) {
        co_return no("Cannot expunge read-only mailbox.");
    }
    const auto expunged = co_await session.mailbox().expunge(std::move(only));
    if (!expunged) {
        co_return no(expunged.error());
    }
    log_expunged(session, *expunged);
    co_return ok("EXPUNGE completed");
}

Task<Reply> run(Session& session, NoArgs) {
    return expunge(session, std::nullopt);
}

Task<Reply> run_uid(Session& session, Args args) {
    return expunge(session, uids_named(*session.mailbox().view(), args.set));
}

}  // namespace

constinit const Command cmd_expunge = command<parse_nothing, run>({
    .name = "EXPUNGE",
});

constinit const Command cmd_uid_expunge = command<parse_set, run_uid>({
    .name = "UID EXPUNGE",
    .capability = "UIDPLUS",
});

}  // namespace postrider::imap
