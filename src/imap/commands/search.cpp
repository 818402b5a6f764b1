// SEARCH and UID SEARCH. RFC 3501 section 6.4.4; compat/imap.md section 12. Judged on the pool in short stretches, so
// that other sessions, and the end of this one, need not wait for it.
#include <chrono>

#include "core/text.hpp"
#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/search/evaluator.hpp"

namespace postrider::imap {

namespace {

constexpr std::chrono::milliseconds stretch{20};

struct Args {
    wire::SearchProgram program;
};

Parsed<Args> parse(ArgReader in) {
    auto program = wire::parse_search(in);
    if (!program) {
        return program.error();
    }
    return Args{std::move(*program)};
}

/// The messages found; none: the session is over.
Task<bool> judge(Session& session, SearchEvaluator& evaluator) {
    for (;;) {
        auto work = [&evaluator] { return evaluator.next(stretch); };
        const bool done = co_await on_pool(session.mailbox().reading_strand(), std::move(work));
        if (done) {
            co_return true;
        }
        const bool alive = co_await session.drain();
        if (!alive) {
            co_return false;
        }
    }
}

Task<Reply> search(Session& session, Args args, Numbers numbers) {
    if (session.utf8() && args.program.charset) {
        co_return bad("CHARSET is not valid in UTF8 mode as per RFC 6855");
    }
    const auto view = session.mailbox().view();
    auto plan = SearchPlan::make(std::move(args.program), *view);
    if (!plan) {
        co_return no(plan.error());
    }
    const auto evaluator = std::make_unique<SearchEvaluator>(session.mailbox(), view, *plan);
    const bool judged = co_await judge(session, *evaluator);
    if (!judged) {
        co_return no("");
    }
    session.raw("* SEARCH");
    for (const SeqNum seq : evaluator->found()) {
        const std::uint32_t number = numbers == Numbers::uid ? view->at(seq).uid.value() : seq.value();
        session.raw(" " + std::to_string(number));
    }
    session.raw("\r\n");
    co_return ok("SEARCH done.");
}

Task<Reply> run(Session& session, Args args) {
    return search(session, std::move(args), Numbers::sequence);
}

Task<Reply> run_uid(Session& session, Args args) {
    return search(session, std::move(args), Numbers::uid);
}

}  // namespace

constinit const Command cmd_search = command<parse, run>({
    .name = "SEARCH",
    .expunges = Expunges::hold_back,
});

constinit const Command cmd_uid_search = command<parse, run_uid>({
    .name = "UID SEARCH",
});

}  // namespace postrider::imap
