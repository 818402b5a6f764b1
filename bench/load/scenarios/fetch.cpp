// fetch and bodies: what a client reads of messages.
#include "load/imap_worker.hpp"

namespace postrider::bench {

namespace {

class FetchWorker : public ImapWorker {
public:
    FetchWorker(const Place& place, std::string items) : ImapWorker(place), items_(std::move(items)) {
        session_.client().set_literals(Literals::discard);
    }

    Task<> prepare() override {
        messages_ = co_await session_.open_folder(place_.index, place_.options().folder);
        if (messages_ == 0) {
            throw AnswerError(place_.options().folder + " has no messages");
        }
        next_ = share_of(messages_, place_.share, place_.sharers).first;
    }

    Task<bool> operate(Tally& tally) override {
        const std::uint32_t batch = place_.options().batch;
        const std::uint32_t first = batch == 0 || next_ > messages_ ? 1 : next_;
        const std::uint32_t last = batch == 0 ? messages_ : std::min(messages_, first + batch - 1);
        next_ = last + 1;
        Command command("FETCH " + std::to_string(first) + ':' + std::to_string(last) + ' ' + items_);
        std::vector<bool> seen(last - first + 1);
        std::uint32_t answered = 0;
        std::uint64_t literal_bytes = 0;
        OnResponse take = [&](Response& response) {
            const auto number = response.number("FETCH");
            if (number && *number >= first && *number <= last && !seen[*number - first]) {
                seen[*number - first] = true;
                ++answered;
            }
            literal_bytes += response.literal_bytes;
        };
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command), std::move(take));
        tally.done(answered, Clock::now() - begin);
        tally.extra["commands"] += 1;
        tally.extra["literal_bytes"] += static_cast<double>(literal_bytes);
        if (answered != seen.size()) {
            throw AnswerError("FETCH: not every message was answered");
        }
        co_return true;
    }

private:
    std::string items_;
    std::uint32_t messages_ = 0;
    std::uint32_t next_ = 1;
};

Figures run_fetch(Bench& bench) {
    return run_workers(bench,
                       [](const Place& place) { return std::make_unique<FetchWorker>(place, place.options().items); });
}

Figures run_bodies(Bench& bench) {
    return run_workers(bench, [](const Place& place) { return std::make_unique<FetchWorker>(place, "(BODY.PEEK[])"); });
}

}  // namespace

const Scenario scenario_fetch = {
    .name = "fetch",
    .summary = "FETCH of chosen items",
    .details =
        "Latency: of one command, which asks for --batch messages. Every message must be answered. Literals are "
        "counted and thrown away as they come.",
    .unit = "message",
    .own = {OwnOption::items, OwnOption::batch},
    .run = run_fetch,
};

const Scenario scenario_bodies = {
    .name = "bodies",
    .summary = "FETCH of whole messages",
    .details = "BODY.PEEK[] of --batch messages a command; the rest as in fetch.",
    .unit = "message",
    .own = {OwnOption::batch},
    .run = run_bodies,
};

}  // namespace postrider::bench
