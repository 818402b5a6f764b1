// mixed: the users of a site, each with habits of their own: phones, desktop programs, webmail.
#include <boost/asio/steady_timer.hpp>
#include <random>

#include "load/crew.hpp"
#include "load/message.hpp"

namespace postrider::bench {

namespace {

// Means in seconds at --speed 1.
constexpr double phone_reconnects = 300;
constexpr double desktop_polls = 60;
constexpr double webmail_visits = 30;

constexpr std::uint32_t page = 50;  ///< messages that a program shows at once

/// What all users have: a session, and moments at which they do something. Those come by themselves, so a slow server
/// does not make its users patient: latencies count from the moment at which an action was due.
class User : public Worker {
public:
    explicit User(const Place& place)
        : place_(place),
          random_(place.options().seed * 1'000'003 + place.index),
          timer_(place.executor),
          session_(std::make_unique<ImapSession>(place.executor, place.target)) {}

    void begin(Moment end) override {
        end_ = end;
        due_ = Clock::now();
    }

    Traffic traffic() override {
        const Traffic now = session_->traffic();
        return {gone_.received + now.received, gone_.sent + now.sent};
    }

protected:
    /// A new connection with the folder selected; an earlier one is just dropped, as phones do.
    Task<> connect() {
        gone_ = traffic();
        session_ = std::make_unique<ImapSession>(place_.executor, place_.target);
        session_->client().set_literals(Literals::discard);
        messages_ = co_await session_->open_folder(place_.index, place_.options().folder);
    }

    /// When the next action is due; mean: seconds between two.
    void plan(double mean) {
        std::exponential_distribution<double> gaps(place_.options().speed / mean);
        due_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gaps(random_)));
    }

    /// Waits for it, or for the end where that comes before.
    Task<> wait_until_due() {
        timer_.expires_at(std::min(due_, end_));
        co_await timer_.async_wait(asio::use_awaitable);
    }

    Task<> fetch_page(std::string items) {
        if (messages_ > 0) {
            const std::uint32_t first = messages_ > page ? messages_ - page + 1 : 1;
            Command command("FETCH " + std::to_string(first) + ":* " + items);
            co_await session_->ok(std::move(command));
        }
    }

    Task<> fetch_random_body() {
        if (messages_ > 0) {
            Command command("FETCH " + std::to_string(random_message()) + " (BODY.PEEK[])");
            co_await session_->ok(std::move(command));
        }
    }

    std::uint32_t random_message() { return static_cast<std::uint32_t>(random_() % messages_ + 1); }

    static void count(Tally& tally, const std::string& kind, Moment since) {
        const auto took = Clock::now() - since;
        tally.done(1, took);
        tally.latency_of_kinds[kind].add(took);
    }

    Place place_;
    std::mt19937_64 random_;
    asio::steady_timer timer_;
    std::unique_ptr<ImapSession> session_;
    std::uint32_t messages_ = 0;
    Moment due_ = Clock::now();
    Moment end_ = Moment::max();

private:
    Traffic gone_;  ///< of earlier connections
};

/// Always in IDLE, fetches what is new at once, and now and then has a new network.
class Phone : public User {
public:
    using User::User;

    Task<> prepare() override {
        co_await connect();
        co_await idle();
    }

    void begin(Moment end) override {
        User::begin(end);
        plan(phone_reconnects);
    }

    Task<bool> operate(Tally& tally) override {
        while (true) {
            const auto response = co_await session_->client().next_before(std::min(due_, end_));
            if (response && response->number("EXISTS")) {
                messages_ = *response->number("EXISTS");
                co_await fetch_news(tally);
                co_return true;
            }
            if (!response) {
                break;
            }
        }
        if (due_ >= end_) {
            co_return false;
        }
        co_await connect();
        co_await fetch_page("(UID FLAGS)");
        co_await idle();
        count(tally, "phone reconnects", due_);
        plan(phone_reconnects);
        co_return true;
    }

private:
    Task<> idle() {
        if (const auto refused = co_await session_->client().start_idle()) {
            co_await session_->require("IDLE");
            throw AnswerError("IDLE: " + refused->line());
        }
    }

    Task<> fetch_news(Tally& tally) {
        const Moment begin = Clock::now();
        const Reply reply = co_await session_->client().end_idle();
        for (const Response& response : reply.untagged) {
            messages_ = response.number("EXISTS").value_or(messages_);
        }
        Command command("FETCH " + std::to_string(messages_) + " (UID FLAGS ENVELOPE)");
        co_await session_->ok(std::move(command));
        co_await idle();
        count(tally, "phone fetches news", begin);
    }
};

/// Stays logged in and looks for news by itself; sometimes reads a message, or keeps one that was written.
class Desktop : public User {
public:
    explicit Desktop(const Place& place)
        : User(place), text_(place.options().seed, place.index, place.options().size) {}

    Task<> prepare() override { co_await connect(); }

    Task<bool> operate(Tally& tally) override {
        plan(desktop_polls);
        co_await wait_until_due();
        if (due_ >= end_) {
            co_return false;
        }
        const std::uint64_t of_eight = random_() % 8;
        if (of_eight == 0) {
            co_await keep();
            count(tally, "desktop keeps", due_);
        } else if (of_eight <= 2) {
            co_await fetch_random_body();
            co_await mark_as_read();
            count(tally, "desktop reads", due_);
        } else {
            co_await poll();
            count(tally, "desktop polls", due_);
        }
        co_return true;
    }

private:
    Task<> poll() {
        OnResponse take = [this](Response& response) { messages_ = response.number("EXISTS").value_or(messages_); };
        co_await session_->ok("NOOP", std::move(take));
        co_await fetch_page("(UID FLAGS)");
    }

    Task<> mark_as_read() {
        if (messages_ > 0) {
            Command command("STORE " + std::to_string(random_message()) + " +FLAGS.SILENT (\\Seen)");
            co_await session_->ok(std::move(command));
        }
    }

    Task<> keep() {
        Command command("APPEND " + quoted(place_.options().folder) + " (\\Seen) ");
        command.literal(text_.next());
        co_await session_->ok(std::move(command));
    }

    MessageText text_;
};

/// Logs in for each page that it shows.
class Webmail : public User {
public:
    using User::User;

    Task<bool> operate(Tally& tally) override {
        plan(webmail_visits);
        co_await wait_until_due();
        if (due_ >= end_) {
            co_return false;
        }
        co_await connect();
        co_await fetch_page("(UID FLAGS RFC822.SIZE ENVELOPE)");
        co_await fetch_random_body();
        co_await session_->log_out();
        count(tally, "webmail visits", due_);
        co_return true;
    }

    bool goes_on_after_loss() const override { return true; }
};

Figures run(Bench& bench) {
    return run_workers(bench, [](const Place& place) -> std::unique_ptr<Worker> {
        const unsigned of_ten = place.index % 10;
        if (of_ten < 5) {
            return std::make_unique<Phone>(place);
        }
        if (of_ten < 8) {
            return std::make_unique<Desktop>(place);
        }
        return std::make_unique<Webmail>(place);
    });
}

}  // namespace

const Scenario scenario_mixed = {
    .name = "mixed",
    .summary = "users of a site: of ten, 5 phones, 3 desktop programs, 2 of webmail",
    .details =
        "A phone waits in IDLE, fetches the ENVELOPE of what is new, and connects anew every 300 s. A desktop program "
        "does "
        "one thing every 60 s: of eight times five NOOP and the flags of the last 50, two a whole message and \\Seen, "
        "one APPEND of --size bytes, which stays and is news for others. Webmail comes every 30 s: log in, SELECT, 50 "
        "envelopes, one message, log out. All by random intervals with these means, divided by --speed.\n\nThe moments "
        "do not depend on the server: an action's latency is from the moment when it was due to its last answer, so a "
        "server that stops for a second is charged with all that was due in it. A phone's news count from its first "
        "word "
        "of them. --count is actions of a user; better use --duration.",
    .unit = "action",
    .own = {OwnOption::speed, OwnOption::size},
    .count = 10,
    .run = run,
};

}  // namespace postrider::bench
