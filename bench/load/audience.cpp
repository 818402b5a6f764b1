#include "load/audience.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace postrider::bench {

Task<> Audience::gather() {
    while (listeners_.size() < bench_.options().connections) {
        auto listener = std::make_unique<Listener>(loop_.get_executor(), bench_.target);
        messages_ = co_await listener->session.open_folder(0, bench_.options().folder);
        if (const auto refused = co_await listener->session.client().start_idle()) {
            co_await listener->session.require("IDLE");
            throw AnswerError("IDLE: " + refused->line());
        }
        listeners_.push_back(std::move(listener));
    }
    for (const auto& listener : listeners_) {
        asio::co_spawn(loop_, listen(*listener), [this, &listener = *listener](std::exception_ptr failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                lose(listener, error.what());
            }
        });
    }
}

Task<> Audience::listen(Listener& listener) {
    while (true) {
        const auto response = co_await listener.session.client().next_before(Clock::now() + std::chrono::hours(1));
        if (response) {
            hear(listener, *response);
        }
    }
}

void Audience::expect(IsNews is_news, Tally& tally) {
    is_news_ = std::move(is_news);
    tally_ = &tally;
    moment_ = Clock::now();
    ++news_;
    waiting_ = listeners_.size();
    all_heard_.expires_after(bench_.target.timeout());
}

void Audience::hear(Listener& listener, const Response& response) {
    if (waiting_ == 0 || listener.heard == news_ || !is_news_(response)) {
        return;
    }
    listener.heard = news_;
    tally_->done(1, Clock::now() - moment_);
    bench_.progress.count(1);
    if (--waiting_ == 0) {
        all_heard_.cancel();
    }
}

void Audience::lose(Listener& listener, const std::string& why) {
    if (tally_ != nullptr) {
        tally_->errors.add(why);
    }
    if (listener.heard != news_ && waiting_ > 0 && --waiting_ == 0) {
        all_heard_.cancel();
    }
    std::erase_if(listeners_, [&](const auto& one) { return one.get() == &listener; });
}

Task<> Audience::wait() {
    if (waiting_ > 0) {
        co_await all_heard_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (waiting_ > 0) {
        tally_->errors.add("a session in IDLE heard nothing within --timeout", waiting_);
        waiting_ = 0;
    }
}

Traffic Audience::traffic() const {
    Traffic all;
    for (const auto& listener : listeners_) {
        all.received += listener->session.traffic().received;
        all.sent += listener->session.traffic().sent;
    }
    return all;
}

}  // namespace postrider::bench
