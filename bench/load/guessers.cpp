#include "load/guessers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace postrider::bench {

namespace {

constexpr std::uint32_t first_address = 0x7f010001;  // 127.1.0.1
constexpr std::uint32_t room = 16'000'000;

constexpr const char* refused_ones = "guesses refused";
constexpr const char* unanswered = "guesses without an answer";
constexpr const char* turned_away = "guesses turned away";

}  // namespace

Guessers::Guessers(const Target& target) : target_(target) {
    const auto address = target.endpoint().address.address();
    if (!address.is_v4() || !address.is_loopback()) {
        throw UsageError("guesses are for a server on 127.0.0.1 only");
    }
    for (const char* name : {refused_ones, unanswered, turned_away}) {
        tally_.extra[name] = 0;
    }
    asio::co_spawn(loop_, begin_all(), [this](std::exception_ptr failure) { keep(failure); });
    thread_ = std::thread([this] { loop_.run(); });
}

Guessers::~Guessers() {
    loop_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Guessers::wait_until_steady() const {
    std::this_thread::sleep_until(begin_ +
                                  std::chrono::duration_cast<Clock::duration>(target_.options().guess_patience));
    has_ended_.wait(false);
}

void Guessers::stop(Tally& tally) {
    loop_.stop();
    thread_.join();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    tally_.extra["seconds of guessing"] = std::chrono::duration<double>(Clock::now() - begin_).count();
    tally.add(tally_);
}

void Guessers::keep(std::exception_ptr failure) {
    if (failure && !failure_) {
        failure_ = std::move(failure);
    }
    has_ended_ = true;
    has_ended_.notify_one();
}

/// Ends with the loop only.
Task<> Guessers::begin_all() {
    const auto gap =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / target_.options().guesses));
    asio::steady_timer timer(loop_);
    Moment next = begin_;
    for (std::uint64_t number = 0;; ++number) {
        next += gap;
        timer.expires_at(next);
        co_await timer.async_wait(asio::use_awaitable);
        asio::co_spawn(loop_, guess(number), [this](std::exception_ptr failure) { keep(failure); });
        tally_.extra["guesses begun"] += 1;
    }
}

Task<> Guessers::guess(std::uint64_t number) {
    const char* end = turned_away;
    try {
        end = co_await refused(number);
    } catch (const TimedOut&) {
        end = unanswered;
    } catch (const ConnectionError&) {
        end = turned_away;
    }
    tally_.extra[end] += 1;
}

Task<const char*> Guessers::refused(std::uint64_t number) {
    const Options& options = target_.options();
    Endpoint endpoint = target_.endpoint();
    const auto place =
        static_cast<std::uint32_t>(((options.seed - 1) * options.addresses + number % options.addresses) % room);
    endpoint.source = asio::ip::make_address_v4(first_address + place);
    const auto patience = std::chrono::duration_cast<std::chrono::nanoseconds>(options.guess_patience);
    ImapClient client(loop_.get_executor(), {patience});
    co_await client.connect(endpoint, nullptr);
    const std::string guessed = std::to_string(number);
    const std::string user = number % 2 == 0 ? target_.account(static_cast<unsigned>(number / 2)).user : "no" + guessed;
    const Reply reply = co_await client.log_in(user, "guess" + guessed);
    if (reply.ok()) {
        tally_.errors.add("a guessed password was let in");
    }
    co_return refused_ones;
}

}  // namespace postrider::bench
