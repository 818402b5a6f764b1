// A worker as a process of its own: the sessions of one user, as that user.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

#include "core/log.hpp"
#include "service/exit_codes.hpp"
#include "service/process.hpp"
#include "service/role_settings.hpp"
#include "service/role_start.hpp"
#include "service/roles.hpp"
#include "service/worker.hpp"

namespace postrider::service {

namespace {

using namespace asio::experimental::awaitable_operators;

constexpr auto farewell_time = std::chrono::seconds(4);
constexpr std::size_t statuses_a_message = 8;

WorkerSettings settings_of(const std::string& bytes) {
    auto settings = decoded<WorkerSettings>(bytes);
    if (!settings) {
        throw std::runtime_error("the settings cannot be read");
    }
    return std::move(*settings);
}

/// Below INDEX_DIR a folder for each user and root of mail: a worker that was taken over reaches no other's index. A
/// worker without a root is for a Maildir that is not there, and needs none.
std::string own_index_dir(const WorkerSettings& settings) {
    struct stat root {};
    const std::string& above = settings.store.index_dir;
    if (above.empty() || settings.roots.empty() || ::stat(settings.roots.front().c_str(), &root) != 0) {
        return {};
    }
    return above + "/" + std::to_string(settings.uid) + "-" + std::to_string(root.st_dev) + "-" +
           std::to_string(root.st_ino);
}

class WorkerRole {
public:
    WorkerRole(const WorkerSettings& settings, asio::io_context& loop, std::shared_ptr<Channel> channel)
        : loop_(loop),
          channel_(std::move(channel)),
          pool_(settings.pool_threads),
          worker_(pool_, settings),
          index_dir_(settings.store.index_dir) {
        for (unsigned i = 1; i < settings.threads; ++i) {
            threads_.emplace_back([this] { loop_.run(); });
        }
        close_calls(Role::worker);
    }

    void run() {
        channel_->set_stage(Stage::serving);
        channel_->send(Ready{});
        asio::co_spawn(channel_->strand(), listen_to_supervisor(), [](const std::exception_ptr& error) {
            if (error) {
                log_line(LogLevel::error, "a worker ends by our mistake: " + text_of(error));
                ::_exit(EXIT_FAILURE);
            }
        });
        loop_.run();
    }

private:
    Task<void> listen_to_supervisor() {
        while (auto packet = co_await channel_->receive()) {
            obey(*packet);
        }
        // The supervisor has ended, or has no more sessions for this worker. Work on the pool is not waited for, but
        // for what goes into indexes.
        worker_.end(Ending::now);
        const auto deadline = std::chrono::steady_clock::now() + farewell_time;
        auto all_are_gone = [this] { return worker_.size() == 0; };
        co_await wait_for(all_are_gone, deadline);
        worker_.let_go();
        auto all_is_written = [this] { return worker_.is_at_rest(); };
        co_await wait_for(all_is_written, deadline);
        ::_exit(EXIT_SUCCESS);
    }

    void obey(Packet& packet) {
        switch (packet.kind) {
            case Kind::serve:
                if (auto order = decoded<Serve>(packet.body)) {
                    begin(std::move(*order), std::move(packet.descriptor));
                    return;
                }
                break;
            case Kind::kick:
                if (const auto order = decoded<Kick>(packet.body)) {
                    worker_.kick(order->session);
                    return;
                }
                break;
            case Kind::survey:
                if (const auto order = decoded<Survey>(packet.body)) {
                    asio::co_spawn(channel_->strand(), answer_survey(order->query), ended);
                    return;
                }
                break;
            case Kind::settings:
                replace(packet);
                return;
            case Kind::finish:
                if (const auto order = decoded<Finish>(packet.body)) {
                    worker_.end(order->now ? Ending::now : Ending::after_command);
                    return;
                }
                break;
            default:
                break;
        }
        channel_->refuse("sent what a worker cannot read");
    }

    void begin(Serve order, Descriptor client) {
        const std::uint64_t session = order.admission.session;
        channel_->send(Taken{session, static_cast<bool>(client)});
        if (!client) {
            log_line(LogLevel::error, order.account.address + ": a session could not be taken: too many open files");
            return;
        }
        net::Socket socket(asio::make_strand(loop_), net::Socket::protocol_type(AF_UNIX, 0), client.release());
        const auto strand = socket.get_executor();
        auto arrival = std::make_unique<auth::Arrival>(std::move(order.account), std::move(order.admission));
        auto connection = std::make_unique<net::Connection>(std::move(socket));
        connection->give_input(std::move(order.read_ahead));
        asio::co_spawn(strand, serve(std::move(connection), std::move(arrival)),
                       [channel = channel_, session](const std::exception_ptr& error) {
                           ended(error);
                           channel->send(SessionEnded{session});
                       });
    }

    Task<void> serve(std::unique_ptr<net::Connection> connection, std::unique_ptr<auth::Arrival> arrival) {
        co_await (worker_.serve(*connection, std::move(arrival)) || connection->watch());
    }

    Task<void> answer_survey(std::uint64_t query) {
        const auto all = co_await worker_.survey();
        for (std::size_t at = 0; at < all.size(); at += statuses_a_message) {
            const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
            const auto last = first + static_cast<std::ptrdiff_t>(std::min(statuses_a_message, all.size() - at));
            channel_->send(Statuses{query, false, {first, last}});
        }
        channel_->send(Statuses{query, true, {}});
    }

    void replace(const Packet& packet) {
        Ready answer;
        try {
            WorkerSettings settings = settings_of(settings_in(packet).value_or(""));
            settings.store.index_dir = index_dir_;
            worker_.replace(settings);
            ::umask(settings.umask);
            log_debug(settings.log_debug);
        } catch (const std::exception& error) {
            answer.trouble = error.what();
        }
        channel_->send(answer);
    }

    static void ended(const std::exception_ptr& error) {
        if (error) {
            log_line(LogLevel::error, "a session ended by our mistake: " + text_of(error));
        }
    }

    asio::io_context& loop_;
    std::shared_ptr<Channel> channel_;
    asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(loop_);
    asio::thread_pool pool_;
    Worker worker_;
    std::string index_dir_;
    std::vector<std::thread> threads_;
};

}  // namespace

int run_worker(const AfterDoors& attack) {
    if (!has_supervisor(Role::worker)) {
        return exit_usage;
    }
    leave_signals_to_supervisor();
    const auto descriptors = raise_descriptor_limit();
    LastWords last_words;
    try {
        WorkerSettings settings = settings_of(first_orders(role_channel, Role::worker).settings);
        settings.store.index_dir = own_index_dir(settings);
        settings.store.descriptors = descriptors;
        asio::io_context loop(static_cast<int>(settings.threads));
        auto channel = std::make_shared<Channel>(asio::make_strand(loop), Descriptor(role_channel), Role::worker,
                                                 Role::supervisor);
        log_debug(settings.log_debug);
        log_to(channel);
        ::tzset();  // reads a file
        ::umask(settings.umask);
        close_doors(Role::worker, {settings.uid, settings.gid, {settings.groups.begin(), settings.groups.end()}},
                    settings.roots, settings.store.index_dir);
        WorkerRole role(settings, loop, std::move(channel));
        last_words.keep();
        if (attack) {
            attack(role_channel);
        }
        role.run();
        ::_exit(EXIT_SUCCESS);
    } catch (const std::exception& error) {
        last_words.say(error.what());
        ::_exit(EXIT_FAILURE);
    }
}

}  // namespace postrider::service
