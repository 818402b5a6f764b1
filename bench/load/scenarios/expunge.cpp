// expunge: removing messages that were marked before.
#include "load/imap_worker.hpp"
#include "load/own_messages.hpp"

namespace postrider::bench {

namespace {

class ExpungeWorker : public ImapWorker {
public:
    using ImapWorker::ImapWorker;

    /// Copies are made in a mailbox of the worker's own, and all are marked.
    Task<> prepare() override {
        messages_ = co_await OwnMessages::of(session_, place_);
        if (place_.options().batch > 0) {
            co_await session_.require("UIDPLUS");
        }
        to_ = own_folder(place_);
        co_await session_.make_anew(to_);
        Command copy("UID COPY " + sequence_set(messages_.all()) + ' ' + quoted(to_));
        co_await session_.ok(std::move(copy));
        co_await session_.select(to_);
        messages_.replace(co_await session_.uids("ALL"));
        co_await session_.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)");
    }

    Task<bool> operate(Tally& tally) override {
        const std::vector<std::uint32_t> uids = messages_.next();
        if (uids.empty()) {
            co_return false;
        }
        Command command(place_.options().batch == 0 ? "EXPUNGE" : "UID EXPUNGE " + sequence_set(uids));
        std::size_t expunged = 0;
        OnResponse take = [&expunged](Response& response) { expunged += response.number("EXPUNGE") ? 1 : 0; };
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command), std::move(take));
        tally.done(expunged, Clock::now() - begin);
        tally.extra["commands"] += 1;
        if (expunged != uids.size()) {
            throw AnswerError("EXPUNGE: " + std::to_string(expunged) + " of " + std::to_string(uids.size()));
        }
        co_return true;
    }

    Task<> finish() override {
        co_await session_.select(place_.options().folder);
        Command remove("DELETE " + quoted(to_));
        co_await session_.ok(std::move(remove));
        co_await ImapWorker::finish();
    }

private:
    OwnMessages messages_;
    std::string to_;
};

}  // namespace

const Scenario scenario_expunge = {
    .name = "expunge",
    .summary = "EXPUNGE of copies made for it",
    .details =
        "Copies the mailbox to --to and marks the copies, unmeasured. Then EXPUNGE of all, once; with --batch UID "
        "EXPUNGE of so many, until --count is reached or none is left.",
    .unit = "message",
    .own = {OwnOption::batch, OwnOption::to},
    .run = run_workers_of<ExpungeWorker>,
};

}  // namespace postrider::bench
