#include "service/joined.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "service/authdaemon_door.hpp"
#include "service/control.hpp"
#include "service/front.hpp"
#include "service/gatekeeper.hpp"
#include "service/listeners.hpp"
#include "service/log.hpp"
#include "service/notify.hpp"
#include "service/process.hpp"
#include "service/selection.hpp"
#include "service/steering.hpp"
#include "service/worker.hpp"

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto farewell_time = std::chrono::seconds(4);
constexpr auto longest_farewell = std::chrono::milliseconds(4700);

WorkerSettings own_worker_settings(const Settings& settings) {
    WorkerSettings own = worker_settings(settings);
    own.store.descriptors = raise_descriptor_limit();
    return own;
}

class Joined : public Onward, public Steering {
public:
    Joined(const Settings& settings, const Reload& reload)
        : settings_(settings),
          worker_settings_(own_worker_settings(settings)),
          pool_(worker_settings_.pool_threads),
          hashes_(hash_threads(settings)),
          programs_(1),
          gatekeeper_({pool_, hashes_, programs_}, settings),
          worker_(pool_, worker_settings_),
          reload_(reload),
          loop_(static_cast<int>(worker_settings_.threads)),
          front_(loop_, registry_, gatekeeper_, *this),
          strand_(asio::make_strand(loop_)),
          control_(strand_, *this),
          authdaemon_(strand_, gatekeeper_),
          signals_(strand_, SIGTERM, SIGINT, SIGHUP) {
        std::vector<OpenListener> listeners = open_listeners(settings.listeners);
        doors_ = doors_of(listeners);
        front_.replace(front_settings(settings, doors_));
        for (OpenListener& open : listeners) {
            const Entrance entrance{open.listener.door, open.listener.proxy, open.listener.port};
            front_.add_listener(std::move(open.socket), entrance);
        }
        if (!settings.roles.control.empty()) {
            if (const std::string trouble = control_.open(settings.roles.control); !trouble.empty()) {
                log_line(LogLevel::notice, "no control socket: " + trouble);
            }
        }
        authdaemon_.open(settings.authdaemon_socket);
    }

    int run(const std::function<void()>& ready) {
        const auto done = [this](std::exception_ptr error) { failed(error); };
        front_.start();
        asio::co_spawn(strand_, obey_signals(), done);
        asio::co_spawn(strand_, feed_watchdog(), done);
        notify(Moment::ready);
        ready();
        std::vector<std::jthread> others;
        for (unsigned i = 1; i < worker_settings_.threads; ++i) {
            others.emplace_back([this] { loop_.run(); });
        }
        loop_.run();
        others.clear();
        control_.close();
        worker_.let_go();
        if (gatekeeper_.is_asking()) {
            ::_exit(
                exit_code_);  // a directory that hangs, perhaps: its thread must not come back to a loop that is gone
        }
        gatekeeper_.let_go();
        pool_.join();
        hashes_.join();
        programs_.stop();  // what is left there waits for a program to end
        programs_.join();
        return exit_code_;
    }

    // Onward: the second half of a session follows on the first.
    Task<void> take(net::Connection& connection, std::unique_ptr<Admission> admission, Door, Registry::Entry) override {
        const std::uint64_t session = admission->session;
        auto account = gatekeeper_.redeem(session, admission->protocol);
        if (!account) {
            log_line(LogLevel::error, "a grant was not used in time");
            co_return;
        }
        const Release release{gatekeeper_, session};
        auto arrival = std::make_unique<auth::Arrival>(std::move(*account), std::move(*admission));
        account.reset();
        admission.reset();
        co_await worker_.serve(connection, std::move(arrival));
    }

    // Steering.
    Task<std::vector<SessionLine>> who() override {
        const auto statuses = co_await worker_.survey();
        co_return session_lines(gatekeeper_, statuses, [](std::uint64_t) { return ::getpid(); });
    }
    Task<std::vector<Figure>> stats() override {
        std::vector<Figure> all = general_figures(gatekeeper_);
        std::ranges::move(front_.figures(), std::back_inserter(all));
        all.push_back({"memory_bytes", "process=\"server\"", memory_of(::getpid())});
        co_return all;
    }
    std::size_t kick(const std::string& whom) override {
        const auto sessions = selected_sessions(gatekeeper_, whom);
        return static_cast<std::size_t>(
            std::ranges::count_if(sessions, [this](std::uint64_t session) { return worker_.kick(session); }));
    }
    Task<std::string> reload() override {
        auto once = [this] { return reload_once(); };
        return reloads_.run(std::move(once));
    }
    void stop() override { std::raise(SIGTERM); }

private:
    /// What can fail comes first.
    Task<std::string> reload_once() {
        notify(Moment::reloading);
        std::string trouble;
        try {
            const Settings settings = reload_();
            const auto change_log = prepared_log(settings);
            front_.replace(front_settings(settings, doors_));
            change_log();
            authdaemon_.open(settings.authdaemon_socket);  // first: no module is to ask at our own
            gatekeeper_.replace(settings);
            worker_.replace(worker_settings(settings));
            ::umask(settings.umask);
            settings_ = settings;
            log_line(LogLevel::notice, "settings and certificates were read again");
        } catch (const std::exception& error) {
            trouble = error.what();
            log_line(LogLevel::error, "reload failed, the old settings stay: " + trouble);
        }
        notify(Moment::ready);
        co_return trouble;
    }

    struct Release {
        Gatekeeper& gatekeeper;
        std::uint64_t session;
        ~Release() { gatekeeper.release(session); }
    };

    void failed(const std::exception_ptr& error) {
        if (error) {
            log_line(LogLevel::error, "the server stops by our mistake: " + text_of(error));
            exit_code_ = 1;
            loop_.stop();
        }
    }

    Task<void> obey_signals() {
        for (;;) {
            const auto [error, signal] = co_await signals_.async_wait(as_result);
            if (error) {
                co_return;
            }
            if (signal != SIGHUP) {
                break;
            }
            co_await reload();
        }
        co_await say_farewell();
        loop_.stop();
    }

    Task<void> say_farewell() {
        log_line(LogLevel::notice, "stopping");
        notify_stopping(settings_.roles.shutdown_time + longest_farewell);
        end_process_after(settings_.roles.shutdown_time + longest_farewell, exit_code_);
        const auto all_are_gone = [this] { return registry_.size() == 0; };
        const auto hurry = hurry_of(signals_);
        authdaemon_.close();
        front_.end(Ending::after_command);
        const auto last = std::chrono::steady_clock::now() + settings_.roles.shutdown_time;
        auto gone_or_hurried = [&all_are_gone, hurry] { return *hurry || all_are_gone(); };
        co_await wait_for(gone_or_hurried, last);
        front_.end(Ending::now);
        co_await wait_for(all_are_gone, std::chrono::steady_clock::now() + farewell_time);
        leave_signals(signals_);
    }

    // Sessions that outlived the farewell end with the loop, and use what stands above it until then.
    Settings settings_;
    DoorSet doors_;
    WorkerSettings worker_settings_;
    Registry registry_;
    asio::thread_pool pool_;
    asio::thread_pool hashes_;
    asio::thread_pool programs_;
    Gatekeeper gatekeeper_;
    Worker worker_;
    Reload reload_;
    asio::io_context loop_;
    Front front_;
    net::Strand strand_;  ///< of what is asked of the server as a whole
    Control control_;
    AuthdaemonDoor authdaemon_;
    asio::signal_set signals_;
    OneAtATime reloads_;
    int exit_code_ = 0;
};

}  // namespace

int serve_joined(const Settings& settings, const Reload& reload, const std::function<void()>& ready) {
    ::umask(settings.umask);
    Joined server(settings, reload);
    return server.run(ready);
}

}  // namespace postrider::service
