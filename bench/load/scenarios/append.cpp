// append: storing new messages.
#include "load/imap_worker.hpp"
#include "load/message.hpp"

namespace postrider::bench {

namespace {

class AppendWorker : public ImapWorker {
public:
    explicit AppendWorker(const Place& place)
        : ImapWorker(place), text_(place.options().seed, place.index, place.options().size) {}

    Task<> prepare() override { co_await session_.open(place_.index); }

    Task<bool> operate(Tally& tally) override {
        Command command("APPEND " + quoted(place_.options().folder) + " ");
        command.literal(text_.next());
        const Moment begin = Clock::now();
        const Reply reply = co_await session_.ok(std::move(command));
        tally.done(1, Clock::now() - begin);
        // "UIDVALIDITY UID"
        const auto code = reply.code("APPENDUID");
        const std::size_t blank = code ? code->find(' ') : std::string::npos;
        if (blank != std::string::npos) {
            uids_.push_back(static_cast<std::uint32_t>(std::stoul(code->substr(blank + 1))));
        } else {
            tally.extra["left_behind"] += 1;
        }
        co_return true;
    }

    Task<> finish() override {
        if (!uids_.empty()) {
            co_await session_.select(place_.options().folder);
            const std::string set = sequence_set(uids_);
            Command mark("UID STORE " + set + " +FLAGS.SILENT (\\Deleted)");
            co_await session_.ok(std::move(mark));
            Command expunge("UID EXPUNGE " + set);
            co_await session_.ok(std::move(expunge));
        }
        co_await ImapWorker::finish();
    }

private:
    MessageText text_;
    std::vector<std::uint32_t> uids_;
};

}  // namespace

const Scenario scenario_append = {
    .name = "append",
    .summary = "APPEND of new messages",
    .details =
        "Latency: of one APPEND, with the round trip of its literal (no server is sent a literal unasked). The "
        "messages are expunged afterwards, unmeasured; where the server gives no APPENDUID they stay.",
    .unit = "message",
    .own = {OwnOption::size},
    .count = 100,
    .run = run_workers_of<AppendWorker>,
};

}  // namespace postrider::bench
