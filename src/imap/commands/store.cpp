// STORE and UID STORE. RFC 3501 section 6.4.6; order of the answers: compat/imap.md section 10.
#include <algorithm>
#include <iterator>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/arguments.hpp"
#include "imap/command.hpp"
#include "imap/wire/printer.hpp"

namespace postrider::imap {

namespace {

struct Args {
    wire::SequenceSet set;
    store::FlagOperation operation = store::FlagOperation::replace;
    bool silent = false;
    wire::FlagList flags;
};

Parsed<wire::FlagList> parse_flags(ArgReader& in) {
    if (in.peek() == '(') {
        return in.flag_list();
    }
    ArgReader nil = in;
    if (nil.take_word("NIL") && nil.at_end()) {
        in = nil;
        return wire::FlagList{};
    }
    return in.flags_bare();
}

Parsed<Args> parse(ArgReader in) {
    Args args;
    auto set = in.sequence_set();
    if (!set) {
        return set.error();
    }
    args.set = std::move(*set);
    if (const auto blank = in.space(); !blank) {
        return blank.error();
    }
    if (in.take('+')) {
        args.operation = store::FlagOperation::add;
    } else if (in.take('-')) {
        args.operation = store::FlagOperation::remove;
    }
    if (!in.take_word("FLAGS")) {
        return in.error("FLAGS, +FLAGS or -FLAGS expected");
    }
    args.silent = in.take_word(".SILENT");
    (void)in.space();
    auto flags = parse_flags(in);
    if (!flags) {
        return flags.error();
    }
    args.flags = std::move(*flags);
    if (!in.done()) {
        return in.error("nothing expected behind the flags");
    }
    return args;
}

/// What the client takes a message's state to be after its own command.
struct Expected {
    Uid uid;
    store::Flags flags;
    std::vector<std::string> keywords;  ///< lower case, sorted
};

std::vector<std::string> lowered(const Session& session, const store::Message& message) {
    std::vector<std::string> names;
    for (const std::string_view name : session.keyword_names(message)) {
        names.push_back(lower(name));
    }
    std::ranges::sort(names);
    return names;
}

Expected expected_of(const Session& session, const store::Message& message, const Args& args,
                     const std::vector<std::string>& wanted) {
    Expected expected{message.uid, args.flags.flags, wanted};
    const auto had = lowered(session, message);
    if (args.operation == store::FlagOperation::add) {
        expected.flags = message.flags | args.flags.flags;
        expected.keywords.clear();
        std::ranges::set_union(had, wanted, std::back_inserter(expected.keywords));
    } else if (args.operation == store::FlagOperation::remove) {
        expected.flags = message.flags - args.flags.flags;
        expected.keywords.clear();
        std::ranges::set_difference(had, wanted, std::back_inserter(expected.keywords));
    }
    return expected;
}

void print_one(Session& session, SeqNum seq, Numbers numbers) {
    const store::View& view = *session.mailbox().view();
    const store::Message& message = view.at(seq);
    std::string line = std::to_string(seq.value()) + " FETCH (";
    if (numbers == Numbers::uid) {
        line += "UID " + std::to_string(message.uid.value()) + " ";
    }
    line += "FLAGS (";
    wire::print_flags(line, message.flags, view.is_recent(message.uid), session.keyword_names(message));
    session.untagged(line + "))");
}

/// The news of the command: every message it named unless it was .SILENT; then only those that came out otherwise than
/// the client must think, because another session changed them too.
Task<void> print_outcome(Session& session, std::vector<Expected> expected, bool silent, Numbers numbers) {
    store::Changes changes = session.mailbox().catch_up(Expunges::hold_back);
    const auto shared_view = session.mailbox().view();
    const store::View& view = *shared_view;
    std::vector<SeqNum> told;
    std::vector<SeqNum> to_print;
    for (const Expected& one : expected) {
        const auto seq = view.seq_of(one.uid);
        if (!seq || view.is_held(*seq)) {
            continue;
        }
        const store::Message& message = view.at(*seq);
        told.push_back(*seq);
        if (!silent || message.flags != one.flags || lowered(session, message) != one.keywords) {
            to_print.push_back(*seq);
        }
    }
    const bool told_all = co_await session.announce(std::move(changes), std::move(told));
    if (!told_all) {
        co_return;
    }
    for (const SeqNum seq : to_print) {
        print_one(session, seq, numbers);
        const bool alive = co_await session.drain();
        if (!alive) {
            co_return;
        }
    }
}

Task<Reply> store_flags(Session& session, Args args, Numbers numbers) {
    const auto messages = messages_named(*session.mailbox().view(), args.set, numbers);
    if (!messages) {
        co_return bad(std::string(no_such_number));
    }
    if (session.mailbox().access() == store::Access::read_only) {
        co_return no("[NOPERM] Current box is selected READ-ONLY.");
    }
    if (session.user().settings().keywords == store::Keywords::off) {
        args.flags.keywords.clear();  // not in PERMANENTFLAGS: ignored (RFC 3501 section 7.1)
    }
    if (args.flags.keywords.size() > limits::keywords_a_message) {
        co_return no("[LIMIT] At most " + std::to_string(limits::keywords_a_message) + " keywords in one command");
    }
    std::vector<std::string> wanted;
    for (const std::string& keyword : args.flags.keywords) {
        wanted.push_back(lower(keyword));
    }
    std::ranges::sort(wanted);
    store::FlagChange change{{}, args.operation, args.flags.flags, args.flags.keywords};
    std::vector<Expected> expected;
    for (const SeqNum seq : *messages) {
        const store::Message& message = session.mailbox().view()->at(seq);
        change.uids.push_back(message.uid);
        expected.push_back(expected_of(session, message, args, wanted));
    }
    const auto stored = co_await session.mailbox().store_flags(std::move(change));
    const bool silent = args.silent && stored;
    co_await print_outcome(session, std::move(expected), silent, numbers);
    co_return stored ? ok("STORE completed.") : no(stored.error());
}

Task<Reply> run(Session& session, Args args) {
    return store_flags(session, std::move(args), Numbers::sequence);
}

Task<Reply> run_uid(Session& session, Args args) {
    return store_flags(session, std::move(args), Numbers::uid);
}

}  // namespace

constinit const Command cmd_store = command<parse, run>({
    .name = "STORE",
    .expunges = Expunges::hold_back,
});

constinit const Command cmd_uid_store = command<parse, run_uid>({
    .name = "UID STORE",
});

}  // namespace postrider::imap
