// login: connect, TLS where asked for, log in, log out, again and again.
#include "load/crew.hpp"

namespace postrider::bench {

namespace {

class LoginWorker : public Worker {
public:
    explicit LoginWorker(const Place& place) : place_(place) {}

    /// The session that the first measured connection takes up.
    Task<> prepare() override {
        if (place_.options().resume) {
            Tally unseen;
            co_await operate(unseen);
        }
    }

    Task<bool> operate(Tally& tally) override {
        if (place_.options().protocol == Protocol::imap) {
            co_await imap(tally);
        } else {
            co_await pop3(tally);
        }
        co_return true;
    }

    Traffic traffic() override { return traffic_; }
    bool goes_on_after_loss() const override { return true; }

private:
    Task<> imap(Tally& tally) {
        ImapSession session(place_.executor, place_.target);
        const Moment begin = Clock::now();
        co_await session.open(place_.index);
        tally.done(1, Clock::now() - begin);
        count(session.client().connection(), tally);
        co_await session.log_out();
    }

    Task<> pop3(Tally& tally) {
        Pop3Session session(place_.executor, place_.target);
        const Moment begin = Clock::now();
        co_await session.open(place_.index);
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
    Traffic traffic_;
};

}  // namespace

const Scenario scenario_login = {
    .name = "login",
    .summary = "connect, log in, log out",
    .details =
        "Latency: from connect() to the answer of LOGIN (POP3: of PASS), TLS handshake included. LOGOUT and the "
        "end of the connection follow outside of it, but inside the CPU time. The traffic is counted up to there.",
    .unit = "session",
    .speaks = Speaks::both,
    .count = 100,
    .run = run_workers_of<LoginWorker>,
};

}  // namespace postrider::bench
