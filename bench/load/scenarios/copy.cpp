// copy and move: messages from one mailbox to another.
#include "load/imap_worker.hpp"
#include "load/own_messages.hpp"

namespace postrider::bench {

namespace {

/// What both have: their messages, and a mailbox made for them.
class CarryWorker : public ImapWorker {
public:
    using ImapWorker::ImapWorker;

    Task<> prepare() override {
        messages_ = co_await OwnMessages::of(session_, place_);
        to_ = own_folder(place_);
        co_await session_.make_anew(to_);
    }

protected:
    Task<> carry(std::string verb, const std::vector<std::uint32_t>& uids, Tally& tally) {
        Command command(verb + ' ' + sequence_set(uids) + ' ' + quoted(to_));
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command));
        tally.done(uids.size(), Clock::now() - begin);
        tally.extra["commands"] += 1;
    }

    Task<> clean_up() {
        Command remove("DELETE " + quoted(to_));
        co_await session_.ok(std::move(remove));
        co_await ImapWorker::finish();
    }

    OwnMessages messages_;
    std::string to_;
};

class CopyWorker : public CarryWorker {
public:
    using CarryWorker::CarryWorker;

    Task<bool> operate(Tally& tally) override {
        const std::vector<std::uint32_t> uids = messages_.next_going_round();
        co_await carry("UID COPY", uids, tally);
        copied_ += static_cast<std::uint32_t>(uids.size());
        co_return true;
    }

    Task<> finish() override {
        const std::uint32_t found = co_await session_.select(to_);
        if (found != copied_) {
            throw AnswerError("COPY: " + std::to_string(found) + " of " + std::to_string(copied_) +
                              " copies are there");
        }
        co_await session_.select(place_.options().folder);
        co_await clean_up();
    }

private:
    std::uint32_t copied_ = 0;
};

class MoveWorker : public CarryWorker {
public:
    using CarryWorker::CarryWorker;

    Task<> prepare() override {
        co_await CarryWorker::prepare();
        co_await session_.require("MOVE");
    }

    Task<bool> operate(Tally& tally) override {
        const std::vector<std::uint32_t> uids = messages_.next();
        if (uids.empty()) {
            co_return false;
        }
        co_await carry("UID MOVE", uids, tally);
        moved_ += static_cast<std::uint32_t>(uids.size());
        co_return true;
    }

    /// All go back where they were, with new UIDs.
    Task<> finish() override {
        const std::uint32_t found = co_await session_.select(to_);
        if (found != moved_) {
            throw AnswerError("MOVE: " + std::to_string(found) + " of " + std::to_string(moved_) + " are there");
        }
        Command back("MOVE 1:* " + quoted(place_.options().folder));
        co_await session_.ok(std::move(back));
        co_await session_.select(place_.options().folder);
        co_await clean_up();
    }

private:
    std::uint32_t moved_ = 0;
};

}  // namespace

const Scenario scenario_copy = {
    .name = "copy",
    .summary = "COPY into a mailbox made for it",
    .details = "UID COPY of --batch messages a command, going round. The copies are counted and deleted afterwards.",
    .unit = "message",
    .own = {OwnOption::batch, OwnOption::to},
    .run = run_workers_of<CopyWorker>,
};

const Scenario scenario_move = {
    .name = "move",
    .summary = "MOVE (RFC 6851) into a mailbox made for it",
    .details =
        "UID MOVE of --batch messages a command, until the mailbox has none left. Afterwards they are counted and "
        "moved back, unmeasured, and so have new UIDs.",
    .unit = "message",
    .own = {OwnOption::batch, OwnOption::to},
    .run = run_workers_of<MoveWorker>,
};

}  // namespace postrider::bench
