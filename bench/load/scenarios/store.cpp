// store: changing flags.
#include "load/imap_worker.hpp"
#include "load/own_messages.hpp"

namespace postrider::bench {

namespace {

class StoreWorker : public ImapWorker {
public:
    using ImapWorker::ImapWorker;

    /// None is \Flagged at first.
    Task<> prepare() override {
        messages_ = co_await OwnMessages::of(session_, place_);
        Command clear("UID STORE " + sequence_set(messages_.all()) + " -FLAGS.SILENT (\\Flagged)");
        co_await session_.ok(std::move(clear));
    }

    /// Sets the flag of one batch, and takes it away with the next command.
    Task<bool> operate(Tally& tally) override {
        if (flagged_.empty()) {
            batch_ = messages_.next_going_round();
        }
        const bool sets = flagged_.empty();
        Command command("UID STORE " + sequence_set(batch_) + (sets ? " +" : " -") + "FLAGS.SILENT (\\Flagged)");
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command));
        tally.done(batch_.size(), Clock::now() - begin);
        tally.extra["commands"] += 1;
        flagged_ = sets ? batch_ : std::vector<std::uint32_t>();
        co_return true;
    }

    Task<> finish() override {
        const std::string criteria = "UID " + sequence_set(messages_.all()) + " FLAGGED";
        const std::vector<std::uint32_t> found = co_await session_.uids(criteria);
        if (found != flagged_) {
            throw AnswerError("STORE: " + std::to_string(found.size()) + " messages are flagged, not " +
                              std::to_string(flagged_.size()));
        }
        co_await ImapWorker::finish();
    }

private:
    OwnMessages messages_;
    std::vector<std::uint32_t> batch_;
    std::vector<std::uint32_t> flagged_;
};

}  // namespace

const Scenario scenario_store = {
    .name = "store",
    .summary = "STORE of a flag, set and taken away in turn",
    .details =
        "UID STORE +FLAGS.SILENT (\\Flagged) of --batch messages, then -FLAGS.SILENT of the same. That the flags "
        "are as they should be is checked afterwards.",
    .unit = "message",
    .own = {OwnOption::batch},
    .count = 2,
    .run = run_workers_of<StoreWorker>,
};

}  // namespace postrider::bench
