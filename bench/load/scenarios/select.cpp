// select and status: opening a mailbox, and asking how it is.
#include "load/imap_worker.hpp"

namespace postrider::bench {

namespace {

class SelectWorker : public ImapWorker {
public:
    using ImapWorker::ImapWorker;

    Task<> prepare() override { co_await session_.open(place_.index); }

    Task<bool> operate(Tally& tally) override {
        const Moment begin = Clock::now();
        const std::uint32_t messages = co_await session_.select(place_.options().folder);
        tally.done(1, Clock::now() - begin);
        tally.extra["messages"] += messages;
        co_return true;
    }
};

class StatusWorker : public ImapWorker {
public:
    using ImapWorker::ImapWorker;

    Task<> prepare() override { co_await session_.open(place_.index); }

    Task<bool> operate(Tally& tally) override {
        Command command("STATUS " + quoted(place_.options().folder) + " (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)");
        const Moment begin = Clock::now();
        const Reply reply = co_await session_.ok(std::move(command));
        tally.done(1, Clock::now() - begin);
        if (reply.untagged.empty() || !reply.untagged.front().is("STATUS")) {
            throw AnswerError("STATUS: no STATUS response");
        }
        co_return true;
    }
};

}  // namespace

const Scenario scenario_select = {
    .name = "select",
    .summary = "SELECT of a mailbox, again and again in one session",
    .details =
        "The first is as cold as the server and its files are: nothing is warmed up unless --warm-up says so. The "
        "sum of EXISTS is the extra figure \"messages\".",
    .unit = "command",
    .count = 10,
    .run = run_workers_of<SelectWorker>,
};

const Scenario scenario_status = {
    .name = "status",
    .summary = "STATUS of a mailbox, with none selected",
    .details = "Asks for MESSAGES, RECENT, UIDNEXT, UIDVALIDITY and UNSEEN.",
    .unit = "command",
    .count = 100,
    .run = run_workers_of<StatusWorker>,
};

}  // namespace postrider::bench
