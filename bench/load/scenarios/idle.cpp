// idle: many sessions that wait, and the memory that each costs.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <vector>

#include "load/crew.hpp"

namespace postrider::bench {

namespace {

constexpr unsigned opened_at_once = 32;  ///< of a thread

class IdleWorker : public Worker {
public:
    explicit IdleWorker(const Place& place)
        : place_(place), imap_(place.executor, place.target), pop3_(place.executor, place.target) {}

    Task<bool> operate(Tally& tally) override {
        const Moment begin = Clock::now();
        if (place_.options().protocol == Protocol::pop3) {
            co_await pop3_.open(place_.index);
        } else {
            co_await imap_.open_folder(place_.index, place_.options().folder);
            if (const auto refused = co_await imap_.client().start_idle()) {
                co_await imap_.require("IDLE");
                throw AnswerError("IDLE: " + refused->line());
            }
        }
        tally.done(1, Clock::now() - begin);
        co_return false;
    }

    Traffic traffic() override {
        const Traffic imap = imap_.traffic();
        const Traffic pop3 = pop3_.traffic();
        return {imap.received + pop3.received, imap.sent + pop3.sent};
    }

private:
    Place place_;
    ImapSession imap_;
    Pop3Session pop3_;
};

double growth(std::uint64_t before, std::uint64_t after, std::uint64_t sessions) {
    return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(sessions);
}

/// Sessions that are there before the memory is read for the first time, as many at once as later: what all share, and
/// what so many beginnings at once need for a moment, is no session's.
class Crowd {
public:
    explicit Crowd(Bench& bench) {
        for (unsigned i = 0; i < std::min(2 * opened_at_once, bench.options().connections); ++i) {
            sessions_.push_back(std::make_unique<IdleWorker>(Place{bench.target, loop_.get_executor()}));
        }
    }

    void open() {
        std::exception_ptr failure;
        unsigned opening = opened_at_once;
        for (unsigned i = 0; i < opened_at_once; ++i) {
            asio::co_spawn(loop_, open_some(), [&](std::exception_ptr thrown) {
                failure = failure ? failure : thrown;
                if (--opening == 0) {
                    loop_.stop();  // the deadline of a session's last answer is still to come
                }
            });
        }
        loop_.run();
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

private:
    Task<> open_some() {
        while (next_ < sessions_.size()) {
            IdleWorker& session = *sessions_[next_++];
            co_await session.operate(unseen_);
        }
    }

    asio::io_context loop_{1};
    std::vector<std::unique_ptr<IdleWorker>> sessions_;
    std::size_t next_ = 0;
    Tally unseen_;
};

Figures run(Bench& bench) {
    Crowd crowd(bench);
    crowd.open();
    Memory before;
    if (bench.server != nullptr) {
        bench.server->settle(bench.options().settle);
        before = bench.server->memory();
    }
    const auto make = [](const Place& place) { return std::make_unique<IdleWorker>(place); };
    Figures figures = run_workers(bench, make, opened_at_once);
    if (figures.memory && figures.tally.operations > 0) {
        const std::uint64_t sessions = figures.tally.operations;
        figures.tally.extra["pss_kib_per_session"] = growth(before.pss_kib, figures.memory->pss_kib, sessions);
        figures.tally.extra["kernel_kib_per_session"] = growth(before.kernel_kib, figures.memory->kernel_kib, sessions);
    }
    return figures;
}

}  // namespace

const Scenario scenario_idle = {
    .name = "idle",
    .summary = "sessions in IDLE (POP3: logged in), and their memory",
    .details =
        "Opens the sessions, 32 a thread at a time, and reads the server's memory with all of them waiting. "
        "Latency: from connect() to IDLE's continuation. The growth is over up to 64 sessions that are there before; "
        "the "
        "kernel's is the whole machine's where the server has no cgroup of its own, this program's sockets in it.",
    .unit = "session",
    .speaks = Speaks::both,
    .run = run,
};

}  // namespace postrider::bench
