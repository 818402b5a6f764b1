#include "service/supervisor.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <iterator>
#include <utility>

#include "core/log.hpp"
#include "service/authdaemon_door.hpp"
#include "service/control.hpp"
#include "service/exit_codes.hpp"
#include "service/front_line.hpp"
#include "service/gatekeeper.hpp"
#include "service/listeners.hpp"
#include "service/log.hpp"
#include "service/notify.hpp"
#include "service/privilege.hpp"
#include "service/process.hpp"
#include "service/role_settings.hpp"
#include "service/selection.hpp"
#include "service/steering.hpp"
#include "service/workers.hpp"

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t file_threads = 4;
constexpr std::size_t look_up_threads = 4;
constexpr auto farewell_time = std::chrono::seconds(5);
constexpr auto last_words_time = std::chrono::seconds(3);
constexpr auto longest_farewell = std::chrono::seconds(10);

class Supervisor : public Steering {
public:
    Supervisor(const Settings& settings, const Reload& reload, const std::function<void()>& ready)
        : settings_(settings),
          reload_(reload),
          ready_(ready),
          look_ups_(look_up_threads),
          hashes_(hash_threads(settings)),
          programs_(1),
          file_pool_(file_threads),
          gatekeeper_({look_ups_, hashes_, programs_}, settings),
          strand_(asio::make_strand(loop_)),
          listeners_(open_listeners(settings.listeners)),
          workers_(strand_, settings, [this](std::uint64_t session, bool crashed) { ended(session, crashed); }),
          front_(strand_, file_pool_, gatekeeper_, workers_),
          control_(strand_, *this),
          authdaemon_(strand_, gatekeeper_),
          signals_(strand_, SIGTERM, SIGINT, SIGHUP) {}

    int run() {
        asio::co_spawn(strand_, rule(), [this](std::exception_ptr error) {
            failure_ = error;
            loop_.stop();
        });
        loop_.run();
        control_.close();
        front_.kill();
        workers_.kill();
        if (gatekeeper_.is_asking()) {
            ::_exit(
                EXIT_SUCCESS);  // a directory that hangs, perhaps: its thread must not come back to a loop that is gone
        }
        gatekeeper_.let_go();
        look_ups_.join();
        hashes_.join();
        programs_.stop();  // what is left there waits for a program to end
        programs_.join();
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        return EXIT_SUCCESS;
    }

    // Steering.
    Task<std::vector<SessionLine>> who() override {
        const auto statuses = co_await workers_.survey();
        const auto processes = workers_.process_by_session();
        co_return session_lines(gatekeeper_, statuses, [&processes](std::uint64_t session) {
            const auto process = processes.find(session);
            return process != processes.end() ? process->second : 0;
        });
    }
    Task<std::vector<Figure>> stats() override {
        std::vector<Figure> all = general_figures(gatekeeper_);
        std::ranges::move(co_await front_.figures(), std::back_inserter(all));
        const Memory memory = co_await measured_memory();
        const Figure more[] = {
            {"workers", "", workers_.size()},
            {"worker_starts_total", "", workers_.totals().started},
            {"worker_crashes_total", "", workers_.totals().crashed},
            {"front_starts_total", "", front_.starts()},
            {"memory_bytes", "process=\"supervisor\"", memory.supervisor},
            {"memory_bytes", "process=\"front\"", memory.front},
            {"memory_bytes", "process=\"workers\"", memory.workers},
        };
        all.insert(all.end(), std::begin(more), std::end(more));
        co_return all;
    }
    std::size_t kick(const std::string& whom) override {
        const auto sessions = selected_sessions(gatekeeper_, whom);
        return static_cast<std::size_t>(
            std::ranges::count_if(sessions, [this](std::uint64_t session) { return workers_.kick(session); }));
    }
    Task<std::string> reload() override {
        auto once = [this] { return reload_once(); };
        return reloads_.run(std::move(once));
    }
    void stop() override { std::raise(SIGTERM); }

private:
    /// What can fail comes first; then the front decides, and then nothing fails.
    Task<std::string> reload_once() {
        notify(Moment::reloading);
        std::string trouble;
        try {
            const Settings settings = reload_();
            const auto change_log = prepared_log(settings);
            trouble = co_await front_.replace(settings);
            if (trouble.empty()) {
                change_log();
                authdaemon_.open(settings.authdaemon_socket);  // first: no module is to ask at our own
                gatekeeper_.replace(settings);
                workers_.replace(settings);
                settings_ = settings;
            }
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        if (trouble.empty()) {
            log_line(LogLevel::notice, "settings and certificates were read again");
        } else {
            log_line(LogLevel::error, "reload failed, the old settings stay: " + trouble);
        }
        notify(Moment::ready);
        co_return trouble;
    }

    struct Memory {
        std::uint64_t supervisor = 0;
        std::uint64_t front = 0;
        std::uint64_t workers = 0;
    };
    /// Looks into /proc, which takes its time with large processes.
    Task<Memory> measured_memory() {
        auto look = [front = front_.process(), workers = workers_.processes()] {
            Memory memory{memory_of(::getpid()), memory_of(front)};
            for (const pid_t process : workers) {
                memory.workers += memory_of(process);
            }
            return memory;
        };
        const PoolStrand beside_others = asio::make_strand(file_pool_);
        co_return co_await on_pool(beside_others, std::move(look));
    }

    void ended(std::uint64_t session, bool crashed) {
        gatekeeper_.release(session);
        front_.session_ended(session, crashed);
    }

    /// The server's life.
    Task<void> rule() {
        co_await front_.start(settings_, listeners_);
        if (!settings_.roles.control.empty()) {
            if (const std::string trouble = control_.open(settings_.roles.control); !trouble.empty()) {
                log_line(LogLevel::notice, "no control socket: " + trouble);
            }
        }
        authdaemon_.open(settings_.authdaemon_socket);
        asio::co_spawn(strand_, feed_watchdog(), [](const std::exception_ptr&) {});
        notify(Moment::ready);
        ready_();
        for (;;) {
            const auto [error, signal] = co_await signals_.async_wait(as_result);
            if (error || signal != SIGHUP) {
                break;
            }
            asio::co_spawn(strand_, reload(), [](const std::exception_ptr&, const std::string&) {});  // logs itself
        }
        co_await say_farewell();
    }

    /// Commands under way have SHUTDOWN_TIME; a second signal cuts it short. Then every session gets BYE.
    Task<void> say_farewell() {
        log_line(LogLevel::notice, "stopping");
        notify_stopping(settings_.roles.shutdown_time + longest_farewell);
        end_process_after(settings_.roles.shutdown_time + longest_farewell, EXIT_SUCCESS);
        listeners_.clear();
        authdaemon_.close();
        front_.finish(false);
        workers_.finish(false);
        const auto hurry = hurry_of(signals_);
        auto quiet = [this] {
            const auto totals = gatekeeper_.totals();
            return totals.sessions + totals.unsettled == 0;
        };
        auto quiet_or_hurried = [&quiet, hurry] { return *hurry || quiet(); };
        co_await wait_for(quiet_or_hurried, std::chrono::steady_clock::now() + settings_.roles.shutdown_time);
        front_.finish(true);
        workers_.finish(true);
        co_await wait_for(quiet, std::chrono::steady_clock::now() + last_words_time);
        workers_.close();
        front_.close();
        auto all_are_gone = [this] { return front_.is_gone() && workers_.size() == 0; };
        co_await wait_for(all_are_gone, std::chrono::steady_clock::now() + farewell_time);
        leave_signals(signals_);
    }

    Settings settings_;
    Reload reload_;
    std::function<void()> ready_;
    // They outlive the loop: log-ins that still wait at the end go with it, and let go of them.
    asio::thread_pool look_ups_;
    asio::thread_pool hashes_;
    asio::thread_pool programs_;
    asio::thread_pool file_pool_;  ///< looks at mail folders: a file system that hangs stops no password check
    Gatekeeper gatekeeper_;
    asio::io_context loop_{1};  ///< one thread: nothing here takes long
    net::Strand strand_;
    std::vector<OpenListener> listeners_;
    Workers workers_;
    FrontLine front_;
    Control control_;
    AuthdaemonDoor authdaemon_;
    asio::signal_set signals_;
    std::exception_ptr failure_;
    OneAtATime reloads_;
};

}  // namespace

int serve_separated(const Settings& settings, const Reload& reload, const std::function<void()>& ready) {
    if (const auto done = forbid_new_privileges(); !done) {
        throw StartError(exit_system, done.error().detail);
    }
    Supervisor supervisor(settings, reload, ready);
    return supervisor.run();
}

}  // namespace postrider::service
