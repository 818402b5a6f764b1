// login: connect, TLS where asked for, log in, log out, again and again. login-storm: the same among wrong passwords.
#include <limits>
#include <memory>

#include "load/crew.hpp"
#include "load/guessers.hpp"

namespace postrider::bench {

namespace {

class LoginWorker : public Worker {
public:
    /// most: sessions; with --duration too.
    explicit LoginWorker(const Place& place, std::uint64_t most = std::numeric_limits<std::uint64_t>::max())
        : place_(place), next_(place.index), left_(most) {}

    /// The session that the first measured connection takes up.
    Task<> prepare() override {
        if (place_.options().resume) {
            Tally unseen;
            co_await operate(unseen);
        }
    }

    Task<bool> operate(Tally& tally) override {
        if (left_ == 0) {
            co_return false;
        }
        --left_;
        const unsigned account = next_;
        next_ += place_.options().connections;
        if (place_.options().protocol == Protocol::imap) {
            co_await imap(account, tally);
        } else {
            co_await pop3(account, tally);
        }
        co_return true;
    }

    Traffic traffic() override { return traffic_; }
    bool goes_on_after_loss() const override { return true; }

private:
    Task<> imap(unsigned account, Tally& tally) {
        ImapSession session(place_.executor, place_.target);
        const Moment begin = Clock::now();
        co_await session.open(account);
        tally.done(1, Clock::now() - begin);
        count(session.client().connection(), tally);
        co_await session.log_out();
    }

    Task<> pop3(unsigned account, Tally& tally) {
        Pop3Session session(place_.executor, place_.target);
        const Moment begin = Clock::now();
        co_await session.open(account);
        tally.done(1, Clock::now() - begin);
        count(session.client().connection(), tally);
        co_await session.quit();
    }

    void count(Connection& connection, Tally& tally) {
        traffic_.received += connection.bytes_received();
        traffic_.sent += connection.bytes_sent();
        if (place_.options().security != Security::none) {
            tally.extra["resumed"] += connection.is_resumed() ? 1 : 0;
        }
    }

    Place place_;
    unsigned next_;  ///< says which account; all connections together go round in them
    std::uint64_t left_;
    Traffic traffic_;
};

Figures run_login_storm(Bench& bench) {
    Guessers guessers(bench.target);
    guessers.wait_until_steady();
    const Options& options = bench.options();
    const MakeWorker make = [most = options.warm_up + options.count](const Place& place) {
        return std::make_unique<LoginWorker>(place, most);
    };
    Bench unmetered{bench.target, nullptr, bench.progress};  // the guesses never let the server come to rest
    Figures figures = run_workers(unmetered, make);
    guessers.stop(figures.tally);
    return figures;
}

}  // namespace

const Scenario scenario_login = {
    .name = "login",
    .summary = "connect, log in, log out",
    .details =
        "Latency: from connect() to the answer of LOGIN (POP3: of PASS), TLS handshake included. LOGOUT and the "
        "end of the connection follow outside of it, but inside the CPU time. The traffic is counted up to there. "
        "All connections together go round in the accounts.",
    .unit = "session",
    .speaks = Speaks::both,
    .count = 100,
    .run = run_workers_of<LoginWorker>,
};

const Scenario scenario_login_storm = {
    .name = "login-storm",
    .summary = "the same while others try wrong passwords",
    .details =
        "--guesses log-ins a second begin beside those that are measured, whatever becomes of those before, half of "
        "them with names of the run's accounts, half with unknown ones, from other loopback addresses. What is "
        "measured begins when the first of them are out of patience. --duration is a limit: it ends after --count "
        "log-ins of "
        "each connection, or then. No CPU time: it would be that of both.",
    .unit = "session",
    .own = {OwnOption::guesses},
    .count = 100,
    .run = run_login_storm,
};

}  // namespace postrider::bench
