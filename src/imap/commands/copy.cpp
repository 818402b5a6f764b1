// COPY and UID COPY: all or none. RFC 3501 section 6.4.7, RFC 4315 section 3 (COPYUID).
#include "imap/arguments.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

struct Args {
    wire::SequenceSet set;
    std::string target;
};

Parsed<Args> parse(ArgReader in) {
    auto set = in.sequence_set();
    if (!set) {
        return set.error();
    }
    if (const auto blank = in.space(); !blank) {
        return in.error("a mailbox name expected behind the message set");
    }
    auto target = in.mailbox();
    if (!target) {
        return target.error();
    }
    if (!in.done()) {
        return in.error("nothing expected behind the mailbox name");
    }
    return Args{std::move(*set), std::move(*target)};
}

std::string uid_set(const std::vector<Uid>& uids) {
    std::vector<std::uint32_t> numbers;
    for (const Uid uid : uids) {
        numbers.push_back(uid.value());
    }
    return wire::print_set(numbers);
}

Reply failed(const Error& error) {
    switch (error.code) {
        case Code::no_such_mailbox:
            return no("[TRYCREATE] Mailbox does not exist.");
        case Code::no_space:
        case Code::not_permitted:
            return no("[UNAVAILABLE] COPY failed - no write permission or out of disk space.");
        default:
            return no(error);
    }
}

Task<Reply> copy(Session& session, Args args, Numbers numbers) {
    const store::View& view = *session.mailbox().view();
    const auto messages = messages_named(view, args.set, numbers);
    if (!messages) {
        co_return bad(std::string(no_such_number));
    }
    std::vector<Uid> uids;
    for (const SeqNum seq : *messages) {
        uids.push_back(view.at(seq).uid);
    }
    std::string target = std::move(args.target);
    const auto copied = co_await session.mailbox().copy(std::move(uids), std::move(target));
    if (!copied) {
        co_return failed(copied.error());
    }
    if (copied->source.empty()) {
        co_return ok("COPY completed.");
    }
    co_return ok("[COPYUID " + std::to_string(copied->uid_validity.value()) + " " + uid_set(copied->source) + " " +
                 uid_set(copied->target) + "] COPY completed.");
}

Task<Reply> run(Session& session, Args args) {
    return copy(session, std::move(args), Numbers::sequence);
}

Task<Reply> run_uid(Session& session, Args args) {
    return copy(session, std::move(args), Numbers::uid);
}

}  // namespace

constinit const Command cmd_copy = command<parse, run>({
    .name = "COPY",
});

constinit const Command cmd_uid_copy = command<parse, run_uid>({
    .name = "UID COPY",
});

}  // namespace postrider::imap
