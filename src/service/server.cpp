// One process: an event loop for the sessions, a pool for file work and hashes, and the signals that rule both.
#include "service/server.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "service/acceptor.hpp"
#include "service/log.hpp"
#include "service/present.hpp"
#include "service/registry.hpp"

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto farewell_time = std::chrono::seconds(4);
constexpr auto longest_farewell = std::chrono::milliseconds(4700);
constexpr auto farewell_look = std::chrono::milliseconds(20);

unsigned cores() {
    return std::max(1u, std::thread::hardware_concurrency());
}

unsigned pool_threads(const Settings& settings) {
    return settings.pool_threads != 0 ? settings.pool_threads : std::max(4u, 2 * cores());
}

/// As many descriptors as the system lets us have: a session needs one.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

class Server {
public:
    Server(const Settings& settings, const Reload& reload)
        : pool_(pool_threads(settings)),
          store_(pool_, settings.store),
          present_(settings, pool_, store_),
          reload_(reload),
          loop_(static_cast<int>(settings.threads != 0 ? settings.threads : cores())),
          signals_(loop_, SIGTERM, SIGINT, SIGHUP) {
        for (const Listener& listener : settings.listeners) {
            acceptors_.push_back(std::make_unique<Acceptor>(loop_, listener, present_, registry_));
        }
    }

    int run(unsigned threads, const std::function<void()>& ready) {
        for (const auto& acceptor : acceptors_) {
            asio::co_spawn(acceptor->strand(), acceptor->run(), [this](std::exception_ptr error) { failed(error); });
        }
        asio::co_spawn(loop_, obey_signals(), [this](std::exception_ptr error) { failed(error); });
        ready();
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < threads; ++i) {
            others.emplace_back([this] { loop_.run(); });
        }
        loop_.run();
        others.clear();
        pool_.join();
        return exit_code_;
    }

private:
    void failed(const std::exception_ptr& error) {
        if (!error) {
            return;
        }
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& reason) {
            log_line(LogLevel::error, std::string("the server stops by our mistake: ") + reason.what());
        }
        exit_code_ = 1;
        loop_.stop();
    }

    Task<void> obey_signals() {
        for (;;) {
            const auto [error, signal] = co_await signals_.async_wait(as_result);
            if (error || signal != SIGHUP) {
                break;
            }
            reload();
        }
        log_line(LogLevel::notice, "stopping");
        // Work on the pool cannot be interrupted (a lock that another program holds, a slow disk). What was answered is
        // on disk already, so the process may end in the middle of it.
        std::thread([] {
            std::this_thread::sleep_for(longest_farewell);
            ::_exit(EXIT_SUCCESS);
        }).detach();
        for (const auto& acceptor : acceptors_) {
            acceptor->stop();
        }
        registry_.stop_all();
        asio::steady_timer timer(loop_);
        const auto last = std::chrono::steady_clock::now() + farewell_time;
        while (registry_.size() > 0 && std::chrono::steady_clock::now() < last) {
            timer.expires_after(farewell_look);
            co_await timer.async_wait(as_result);
        }
        loop_.stop();
    }

    void reload() {
        try {
            const Settings settings = reload_();
            start_log(settings);
            store_.set_settings(settings.store);
            present_.replace(settings);
            log_line(LogLevel::notice, "settings and certificates were read again");
        } catch (const std::exception& error) {
            log_line(LogLevel::error, std::string("reload failed, the old settings stay: ") + error.what());
        }
    }

    // Sessions that outlived the farewell end with the loop, and use what stands above it until then.
    Registry registry_;
    asio::thread_pool pool_;
    store::Store store_;
    Present present_;
    Reload reload_;
    asio::io_context loop_;
    asio::signal_set signals_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    int exit_code_ = 0;
};

}  // namespace

int serve(const Settings& settings, const Reload& reload, const std::function<void()>& ready) {
    if (settings.listeners.empty()) {
        throw std::runtime_error("no listener is configured: PORT and SSLPORT are empty or not started");
    }
    std::signal(SIGPIPE, SIG_IGN);
    ::umask(settings.umask);
    raise_descriptor_limit();
    start_log(settings);
    Server server(settings, reload);
    return server.run(settings.threads != 0 ? settings.threads : cores(), ready);
}

}  // namespace postrider::service
