// pop3-list and pop3-retr: what POP3 clients do all day.
#include "core/text.hpp"
#include "load/crew.hpp"

namespace postrider::bench {

namespace {

class ListWorker : public Worker {
public:
    explicit ListWorker(const Place& place) : place_(place) {}

    Task<bool> operate(Tally& tally) override {
        Pop3Session session(place_.executor, place_.target);
        std::uint64_t messages = 0;
        OnLine count = [&messages](std::string_view) { ++messages; };
        const Moment begin = Clock::now();
        co_await session.open(place_.index);
        co_await session.ok("UIDL", std::move(count));
        tally.done(1, Clock::now() - begin);
        tally.extra["messages"] += static_cast<double>(messages);
        co_await session.quit();
        traffic_.received += session.traffic().received;
        traffic_.sent += session.traffic().sent;
        if (messages != expected_.value_or(messages)) {
            throw AnswerError("UIDL: not as many messages as before");
        }
        expected_ = messages;
        co_return true;
    }

    Traffic traffic() override { return traffic_; }
    bool goes_on_after_loss() const override { return true; }

private:
    Place place_;
    Traffic traffic_;
    std::optional<std::uint64_t> expected_;
};

class RetrWorker : public Worker {
public:
    explicit RetrWorker(const Place& place) : place_(place), session_(place.executor, place.target) {}

    Task<> prepare() override {
        co_await session_.open(place_.index);
        const Pop3Reply reply = co_await session_.ok("STAT");
        const std::string_view number =
            std::string_view(reply.text).substr(std::min<std::size_t>(4, reply.text.size()));
        messages_ = parse_decimal<std::uint32_t>(number.substr(0, number.find(' '))).value_or(0);
        if (messages_ == 0) {
            throw AnswerError("STAT: " + reply.text);
        }
    }

    Task<bool> operate(Tally& tally) override {
        next_ = next_ % messages_ + 1;
        std::uint64_t bytes = 0;
        OnLine count = [&bytes](std::string_view line) { bytes += line.size() + 2; };
        std::string command = "RETR " + std::to_string(next_);
        const Moment begin = Clock::now();
        co_await session_.ok(std::move(command), std::move(count));
        tally.done(1, Clock::now() - begin);
        tally.extra["message_bytes"] += static_cast<double>(bytes);
        co_return true;
    }

    Task<> finish() override { co_await session_.quit(); }
    Traffic traffic() override { return session_.traffic(); }

private:
    Place place_;
    Pop3Session session_;
    std::uint32_t messages_ = 0;
    std::uint32_t next_ = 0;
};

}  // namespace

const Scenario scenario_pop3_list = {
    .name = "pop3-list",
    .summary = "POP3: connect, log in, UIDL, QUIT",
    .details = "Latency: from connect() to the end of UIDL; QUIT follows outside of it, but inside the CPU time.",
    .unit = "session",
    .speaks = Speaks::pop3,
    .count = 10,
    .run = run_workers_of<ListWorker>,
};

const Scenario scenario_pop3_retr = {
    .name = "pop3-retr",
    .summary = "POP3: RETR of one message after the other",
    .details = "In one session, from the first message again when all were read. Nothing is deleted.",
    .unit = "message",
    .speaks = Speaks::pop3,
    .count = 100,
    .run = run_workers_of<RetrWorker>,
};

}  // namespace postrider::bench
