// Sessions in IDLE that wait for one piece of news after the other, and how long each took to reach them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "load/scenario.hpp"

namespace postrider::bench {

class Audience {
public:
    /// Whether a response is the news that is waited for.
    using IsNews = std::function<bool(const Response& response)>;

    /// All sessions are the first account's, in one thread.
    Audience(Bench& bench, asio::io_context& loop) : bench_(bench), loop_(loop), all_heard_(loop) {}

    /// Opens options().connections sessions on --folder, in IDLE. Throws Unsupported where there is no IDLE.
    Task<> gather();
    /// Messages in the folder when it was opened last.
    std::uint32_t messages() const { return messages_; }

    /// From now on this is the news; latencies go to tally, which lives until wait().
    void expect(IsNews is_news, Tally& tally);
    /// It happened at this moment: latencies count from it. To be told before any session can hear of it.
    void happened(Moment moment) { moment_ = moment; }
    /// Until every session has heard it, or --timeout has passed; who has not is an error in the tally.
    Task<> wait();

    Traffic traffic() const;

private:
    struct Listener {
        Listener(const asio::any_io_executor& executor, Target& target) : session(executor, target) {}
        ImapSession session;
        std::uint64_t heard = 0;  ///< number of the news
    };

    Task<> listen(Listener& listener);
    void hear(Listener& listener, const Response& response);
    void lose(Listener& listener, const std::string& why);

    Bench& bench_;
    asio::io_context& loop_;
    asio::steady_timer all_heard_;  ///< cancelled when waiting_ falls to 0
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::uint32_t messages_ = 0;
    IsNews is_news_;
    Tally* tally_ = nullptr;
    Moment moment_;
    std::uint64_t news_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace postrider::bench
