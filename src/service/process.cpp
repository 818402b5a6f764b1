#include "service/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "service/notify.hpp"

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto look_time = std::chrono::milliseconds(20);

}  // namespace

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        const auto before = std::exchange(limit.rlim_cur, limit.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            limit.rlim_cur = before;
        }
    }
    return limit.rlim_cur;
}

void end_process_after(std::chrono::milliseconds time, int code) {
    std::thread([time, code] {
        std::this_thread::sleep_for(time);
        ::_exit(code);
    }).detach();
}

Task<bool> wait_for(std::function<bool()> condition, std::chrono::steady_clock::time_point deadline) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return false;
        }
        timer.expires_after(look_time);
        co_await timer.async_wait(as_result);
    }
    co_return true;
}

namespace {

void listen_for_hurry(boost::asio::signal_set& signals, std::shared_ptr<bool> hurry) {
    signals.async_wait([&signals, hurry](const boost::system::error_code& error, int signal) {
        if (!error && signal == SIGHUP) {
            listen_for_hurry(signals, hurry);
        } else if (!error) {
            *hurry = true;
        }
    });
}

}  // namespace

std::shared_ptr<const bool> hurry_of(boost::asio::signal_set& signals) {
    auto hurry = std::make_shared<bool>(false);
    listen_for_hurry(signals, hurry);
    return hurry;
}

void leave_signals(boost::asio::signal_set& signals) {
    boost::system::error_code ignored;
    signals.clear(ignored);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        std::signal(signal, SIG_IGN);
    }
}

Task<std::string> OneAtATime::run(std::function<Task<std::string>()> work) {
    const std::uint64_t mine = ++wanted_;
    if (running_) {
        auto is_done = [this, mine] { return done_ >= mine; };
        co_await wait_for(is_done, std::chrono::steady_clock::time_point::max());
        co_return last_;
    }
    running_ = true;
    while (done_ < wanted_) {
        const std::uint64_t covered = wanted_;
        last_ = co_await work();
        done_ = covered;
    }
    running_ = false;
    co_return last_;
}

Task<void> feed_watchdog() {
    const auto time = watchdog_time();
    if (!time) {
        co_return;
    }
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        notify(Moment::alive);
        timer.expires_after(*time / 2);
        const auto [error] = co_await timer.async_wait(as_result);
        if (error) {
            co_return;
        }
    }
}

std::string text_of(const std::exception_ptr& error) {
    if (!error) {
        return {};
    }
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& reason) {
        return reason.what();
    }
}

std::uint64_t memory_of(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/smaps_rollup");
    for (std::string word; in >> word;) {
        std::uint64_t kib = 0;
        if (word == "Pss:" && in >> kib) {
            return kib * 1024;
        }
    }
    return 0;
}

}  // namespace postrider::service
