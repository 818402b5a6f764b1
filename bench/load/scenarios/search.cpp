// search, sort and thread: what the server finds and orders.
#include "load/imap_worker.hpp"

namespace postrider::bench {

namespace {

/// One command, asked again and again; all three have a response of one line.
class SearchWorker : public ImapWorker {
public:
    SearchWorker(const Place& place, std::string command, std::string response, std::string capability)
        : ImapWorker(place),
          command_(std::move(command)),
          response_(std::move(response)),
          capability_(std::move(capability)) {}

    Task<> prepare() override {
        messages_ = co_await session_.open_folder(place_.index, place_.options().folder);
        if (!capability_.empty()) {
            co_await session_.require(capability_);
        }
    }

    Task<bool> operate(Tally& tally) override {
        bool found = false;
        std::size_t size = 0;
        OnResponse take = [&](Response& response) {
            if (response.is(response_)) {
                found = true;
                size = response.text.size();
            }
        };
        Command command(command_);
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command), std::move(take));
        tally.done(messages_, Clock::now() - begin);
        tally.extra["commands"] += 1;
        tally.extra["response_bytes"] += static_cast<double>(size);
        if (!found) {
            throw AnswerError(response_ + ": no response");
        }
        co_return true;
    }

private:
    std::string command_;
    std::string response_;
    std::string capability_;
    std::uint32_t messages_ = 0;
};

Figures run_search(Bench& bench) {
    return run_workers(bench, [](const Place& place) {
        return std::make_unique<SearchWorker>(place, "SEARCH " + place.options().criteria, "SEARCH", "");
    });
}

Figures run_sort(Bench& bench) {
    return run_workers(bench, [](const Place& place) {
        const Options& options = place.options();
        return std::make_unique<SearchWorker>(place, "SORT (" + options.keys + ") UTF-8 " + options.criteria, "SORT",
                                              "SORT");
    });
}

Figures run_thread(Bench& bench) {
    return run_workers(bench, [](const Place& place) {
        const Options& options = place.options();
        return std::make_unique<SearchWorker>(place, "THREAD " + options.algorithm + " UTF-8 " + options.criteria,
                                              "THREAD", "THREAD=" + options.algorithm);
    });
}

}  // namespace

const Scenario scenario_search = {
    .name = "search",
    .summary = "SEARCH by any criteria",
    .details = "An operation is one message of the mailbox that was looked through, found or not.",
    .unit = "message",
    .own = {OwnOption::criteria},
    .count = 10,
    .run = run_search,
};

const Scenario scenario_sort = {
    .name = "sort",
    .summary = "SORT (RFC 5256) of what --criteria finds",
    .details = "An operation is one message of the mailbox, whether it is found or not. Charset UTF-8.",
    .unit = "message",
    .own = {OwnOption::keys, OwnOption::criteria},
    .count = 10,
    .run = run_sort,
};

const Scenario scenario_thread = {
    .name = "thread",
    .summary = "THREAD (RFC 5256) of what --criteria finds",
    .details = "An operation is one message of the mailbox, whether it is found or not. Charset UTF-8.",
    .unit = "message",
    .own = {OwnOption::algorithm, OwnOption::criteria},
    .count = 10,
    .run = run_thread,
};

}  // namespace postrider::bench
