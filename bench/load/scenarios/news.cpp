// fanout and delivery: how soon sessions in IDLE hear of a change.
#include <random>

#include "load/audience.hpp"
#include "load/crew.hpp"
#include "load/maildir_agent.hpp"
#include "load/message.hpp"

namespace postrider::bench {

namespace {

/// What makes the changes.
class Source {
public:
    virtual ~Source() = default;
    virtual Task<> prepare() { co_return; }
    /// Makes one change, of which the audience must hear.
    virtual Task<> change(Audience& audience, Tally& tally) = 0;
};

/// Another session of the account, which sets and clears a flag.
class FlagSource : public Source {
public:
    FlagSource(Bench& bench, asio::io_context& loop)
        : bench_(bench), session_(loop.get_executor(), bench.target), random_(bench.options().seed) {}

    Task<> prepare() override {
        messages_ = co_await session_.open_folder(0, bench_.options().folder);
        if (messages_ == 0) {
            throw AnswerError(bench_.options().folder + " has no messages");
        }
        co_await session_.ok("STORE 1:* -FLAGS.SILENT (\\Flagged)");
    }

    Task<> change(Audience& audience, Tally& tally) override {
        const bool sets = number_ == 0;
        const auto message = sets ? static_cast<std::uint32_t>(random_() % messages_ + 1) : number_;
        number_ = sets ? message : 0;
        Audience::IsNews is_news = [message, sets](const Response& response) {
            return response.number("FETCH") == message &&
                   (response.text.find("\\Flagged") != std::string::npos) == sets;
        };
        audience.expect(std::move(is_news), tally);
        Command command("STORE " + std::to_string(message) + (sets ? " +" : " -") + "FLAGS.SILENT (\\Flagged)");
        audience.happened(Clock::now());
        co_await session_.ok(std::move(command));
    }

private:
    Bench& bench_;
    ImapSession session_;
    std::mt19937_64 random_;
    std::uint32_t messages_ = 0;
    std::uint32_t number_ = 0;  ///< of the message whose flag is set; 0: none
};

/// A delivery agent, which knows nothing of the server.
class MailSource : public Source {
public:
    explicit MailSource(Bench& bench)
        : agent_(bench.options().maildir), text_(bench.options().seed, 0, bench.options().size) {}

    Task<> change(Audience& audience, Tally& tally) override {
        const std::uint32_t count = audience.messages() + ++delivered_;
        Audience::IsNews is_news = [count](const Response& response) { return response.number("EXISTS") >= count; };
        audience.expect(std::move(is_news), tally);
        audience.happened(agent_.deliver(text_.next()));
        co_return;
    }

private:
    MaildirAgent agent_;
    MessageText text_;
    std::uint32_t delivered_ = 0;
};

/// Changes at random moments, the next one never before all have heard of the last one.
class Show {
public:
    Show(Bench& bench, asio::io_context& loop, Source& source)
        : bench_(bench),
          source_(source),
          audience_(bench, loop),
          pause_(loop),
          random_(bench.options().seed),
          meter_(bench.server, bench.options().settle) {}

    Task<> run() {
        co_await audience_.gather();
        co_await source_.prepare();
        for (std::uint64_t i = 0; i < bench_.options().warm_up; ++i) {
            co_await change(unseen_);
        }
        meter_.start();
        const Traffic before = audience_.traffic();
        const Options& options = bench_.options();
        const Moment end = end_of(options);
        for (std::uint64_t i = 0; options.duration ? Clock::now() < end : i < options.count; ++i) {
            co_await change(figures_.tally);
        }
        meter_.stop(figures_);
        const Traffic after = audience_.traffic();
        figures_.tally.traffic = {after.received - before.received, after.sent - before.sent};
    }

    const Figures& figures() const { return figures_; }

private:
    Task<> change(Tally& tally) {
        std::exponential_distribution<double> gaps(1 / std::max(bench_.options().gap.count(), 1e-6));
        pause_.expires_after(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gaps(random_))));
        co_await pause_.async_wait(asio::use_awaitable);
        co_await source_.change(audience_, tally);
        co_await audience_.wait();
        tally.extra["changes"] += 1;
    }

    Bench& bench_;
    Source& source_;
    Audience audience_;
    asio::steady_timer pause_;
    std::mt19937_64 random_;
    Meter meter_;
    Figures figures_;
    Tally unseen_;
};

Figures run_fanout(Bench& bench) {
    asio::io_context loop;
    FlagSource source(bench, loop);
    Show show(bench, loop, source);
    run_until_done(loop, show.run());
    return show.figures();
}

Figures run_delivery(Bench& bench) {
    asio::io_context loop;
    MailSource source(bench);
    Show show(bench, loop, source);
    run_until_done(loop, show.run());
    return show.figures();
}

}  // namespace

const Scenario scenario_fanout = {
    .name = "fanout",
    .summary = "one session changes a flag, --connections others in IDLE hear of it",
    .details =
        "All sessions are the first account's, in one thread. Latency: from sending STORE to the FETCH response at "
        "each of the others. Changes come at random moments, --gap apart, each after all have heard of the last; "
        "who hears nothing within --timeout is an error.",
    .unit = "notice",
    .own = {OwnOption::gap},
    .count = 20,
    .run = run_fanout,
};

const Scenario scenario_delivery = {
    .name = "delivery",
    .summary = "mail is delivered into new/, --connections sessions in IDLE hear of it",
    .details =
        "All sessions are the first account's, in one thread. Latency: from the rename into new/ to EXISTS at each "
        "session. Deliveries come at random moments, --gap apart, each after all have heard of the last; who "
        "hears nothing within --timeout is an error. The mail stays.",
    .unit = "notice",
    .own = {OwnOption::maildir, OwnOption::size, OwnOption::gap},
    .count = 20,
    .run = run_delivery,
};

}  // namespace postrider::bench
