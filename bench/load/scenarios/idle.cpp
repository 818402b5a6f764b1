// idle: many sessions that wait, and the memory that each costs.
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

/// One session is there before the memory is read for the first time: what all share is no session's.
Figures run(Bench& bench) {
    asio::io_context loop;
    Tally unseen;
    IdleWorker first({bench.target, loop.get_executor()});
    const auto open = [&]() -> Task<> { co_await first.operate(unseen); };
    run_until_done(loop, open());
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
        "Latency: from connect() to IDLE's continuation. The growth is over one session that is there before; the "
        "kernel's is the whole machine's where the server has no cgroup of its own, this program's sockets in it.",
    .unit = "session",
    .speaks = Speaks::both,
    .run = run,
};

}  // namespace postrider::bench
