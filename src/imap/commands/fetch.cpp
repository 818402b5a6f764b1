// FETCH and UID FETCH. RFC 3501 section 6.4.5, compat/imap.md section 9. The pool renders a piece, the loop sends it:
// a client that does not read stops its own session only.
#include <algorithm>

#include "core/limits.hpp"
#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/fetch/renderer.hpp"

namespace postrider::imap {

namespace {

struct Args {
    wire::SequenceSet set;
    std::vector<wire::FetchItem> items;
};

Parsed<Args> parse(ArgReader in) {
    auto set = in.sequence_set();
    if (!set) {
        return set.error();
    }
    if (const auto blank = in.space(); !blank) {
        return in.error("items to fetch expected behind the message set");
    }
    auto items = wire::parse_fetch_items(in);
    if (!items) {
        return items.error();
    }
    if (!in.done()) {
        return in.error("nothing expected behind the items to fetch");
    }
    return Args{std::move(*set), std::move(*items)};
}

/// \Seen for the messages whose content was given, and the lines that say so. compat/imap.md section 9.
Task<bool> mark_seen(Session& session, const std::vector<SeqNum>& fetched) {
    store::FlagChange change{{}, store::FlagOperation::add, store::Flag::seen, {}};
    for (const SeqNum seq : fetched) {
        const store::Message& message = session.mailbox().view()->at(seq);
        if (!message.flags.has(store::Flag::seen)) {
            change.uids.push_back(message.uid);
        }
    }
    if (change.uids.empty()) {
        co_return true;
    }
    const auto stored = co_await session.mailbox().store_flags(std::move(change));
    if (!stored) {
        (void)no(stored.error());  // for the log: the content was given all the same
    }
    store::Changes news = session.mailbox().catch_up(Expunges::hold_back);
    co_return co_await session.announce(std::move(news));
}

Task<Reply> give(Session& session, FetchRenderer& renderer, bool marks_seen) {
    std::optional<Error> problem;
    std::vector<SeqNum> given;  // but not marked yet: a piece may end inside the next message's literal
    std::size_t mark = limits::output_mark;
    for (;;) {
        auto work = [&renderer, mark] { return renderer.next(mark); };
        auto piece = co_await on_pool(session.mailbox().reading_strand(), std::move(work));
        session.raw_large(std::move(piece.bytes));
        if (piece.problem) {
            problem = std::move(piece.problem);
        }
        if (piece.broken) {
            (void)no(*problem);
            session.end("DISCONNECTED");
            co_return no("");
        }
        given.insert(given.end(), piece.finished.begin(), piece.finished.end());
        if (marks_seen && renderer.is_between_messages()) {
            const bool marked = co_await mark_seen(session, given);
            if (!marked) {
                co_return no("");
            }
            given.clear();
        }
        const auto where =
            renderer.is_between_messages() ? Session::Output::between_lines : Session::Output::in_literal;
        const auto begin = std::chrono::steady_clock::now();
        const bool alive = co_await session.drain(where);
        if (!alive) {
            co_return no("");
        }
        const bool is_fast = std::chrono::steady_clock::now() - begin < limits::output_fast_time;
        mark = is_fast ? limits::output_mark_of_fast : limits::output_mark;
        if (piece.done) {
            break;
        }
    }
    co_return problem ? no(*problem) : ok("FETCH completed.");
}

Task<Reply> fetch(Session& session, Args args, Numbers numbers) {
    const auto view = session.mailbox().view();
    auto messages = messages_named(*view, args.set, numbers);
    if (!messages) {
        co_return bad(std::string(no_such_number));
    }
    const bool has_uid =
        std::ranges::any_of(args.items, [](const wire::FetchItem& item) { return item.kind == wire::FetchKind::uid; });
    if (numbers == Numbers::uid && !has_uid) {
        wire::FetchItem uid;
        uid.kind = wire::FetchKind::uid;
        args.items.insert(args.items.begin(), uid);
    }
    const bool marks_seen =
        session.mailbox().access() == store::Access::read_write && std::ranges::any_of(args.items, sets_seen);
    FetchPlan plan{view, std::move(*messages), std::move(args.items), session.utf8()};
    const auto renderer = std::make_unique<FetchRenderer>(session.mailbox(), std::move(plan));
    Reply reply = co_await give(session, *renderer, marks_seen);
    session.count_fetched(renderer->header_octets(), renderer->body_octets());
    co_return reply;
}

Task<Reply> run(Session& session, Args args) {
    return fetch(session, std::move(args), Numbers::sequence);
}

Task<Reply> run_uid(Session& session, Args args) {
    return fetch(session, std::move(args), Numbers::uid);
}

}  // namespace

constinit const Command cmd_fetch = command<parse, run>({
    .name = "FETCH",
    .expunges = Expunges::hold_back,
});

constinit const Command cmd_uid_fetch = command<parse, run_uid>({
    .name = "UID FETCH",
});

}  // namespace postrider::imap
