#include "service/workers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <system_error>
#include <utility>

#include "core/log.hpp"
#include "service/process.hpp"
#include "service/role_settings.hpp"

namespace postrider::service {

namespace {

constexpr auto survey_time = std::chrono::seconds(5);
constexpr std::size_t names_in_log = 5;

/// A coroutine of ours that ends by an exception is a mistake; the server goes on.
void report(const std::exception_ptr& error) {
    if (error) {
        log_line(LogLevel::error, "the supervisor made a mistake: " + text_of(error));
    }
}

}  // namespace

struct Workers::Worker {
    Worker(const net::Strand& strand, Child started, std::string its_key, std::string its_users)
        : child(std::move(started)),
          channel(std::make_shared<Channel>(strand, std::move(child.channel), Role::supervisor, Role::worker)),
          key(std::move(its_key)),
          whom(std::move(its_users)),
          idle(strand) {}

    std::string name() const { return "worker " + std::to_string(child.process) + " (" + whom + ")"; }

    Child child;
    std::shared_ptr<Channel> channel;
    std::string key;                                                  ///< which sessions it takes
    std::string whom;                                                 ///< for the log
    std::map<std::uint64_t, std::string> sessions;                    ///< with the account of each
    std::map<std::uint64_t, std::shared_ptr<Pending<bool>>> waiting;  ///< sessions that it has not taken yet
    asio::steady_timer idle;                                          ///< while it has no session
    bool once = false;                                                ///< for one session alone
    std::uint64_t rests = 0;                                          ///< counts its idle times
};

Workers::Workers(net::Strand strand, const Settings& settings, std::function<void(std::uint64_t, bool)> ended)
    : strand_(std::move(strand)), settings_(settings), ended_(std::move(ended)) {}

// --- Start -----------------------------------------------------------------------------------------------------------

std::string Workers::key_of(const Serve& order, const MailTree& tree) const {
    const auth::Account& account = order.account;
    std::string key = "uid " + std::to_string(account.uid) + ", gid " + std::to_string(account.gid) + ", " + tree.root +
                      " (" + std::to_string(tree.device) + ":" + std::to_string(tree.inode) + ")";
    for (const std::uint32_t group : tree.groups) {
        key += ", group " + std::to_string(group);
    }
    if (settings_.roles.workers == WorkerShare::account) {
        key += ", " + account.address;
    }
    // What is not there yet may be there for the next session, but not for this worker.
    if (settings_.roles.workers == WorkerShare::session || !tree.there) {
        key += ", session " + std::to_string(order.admission.session);
    }
    return key;
}

Workers::WorkerPtr Workers::worker_for(const Serve& order, const MailTree& tree) {
    std::string key = key_of(order, tree);
    const auto known = by_key_.find(key);
    if (const auto worker = known != by_key_.end() ? known->second.lock() : nullptr;
        worker && !worker->channel->is_closed()) {
        return worker;
    }
    return start(order.account, tree, std::move(key));
}

Workers::WorkerPtr Workers::start(const auth::Account& account, const MailTree& tree, std::string key) {
    WorkerSettings settings = worker_settings(settings_);
    settings.uid = account.uid;
    settings.gid = account.gid;
    settings.groups = tree.groups;
    if (tree.there) {
        settings.roots.push_back(tree.root);
    }
    const std::string bytes = encoded(settings);
    Descriptor file = memory_file(bytes);
    auto worker = std::make_shared<Worker>(strand_, start_role(Role::worker, "uid=" + std::to_string(account.uid)),
                                           std::move(key), "uid " + std::to_string(account.uid) + ", " + tree.root);
    worker->once = settings_.roles.workers == WorkerShare::session || !tree.there;
    worker->channel->send(NewSettings{bytes.size()}, std::move(file));
    if (finishing_) {
        worker->channel->send(Finish{});
    }
    workers_.insert(worker);
    by_key_.insert_or_assign(worker->key, worker);
    ++totals_.started;
    log_line(LogLevel::debug, worker->name() + " started");
    asio::co_spawn(strand_, live(worker), report);
    return worker;
}

void Workers::replace(const Settings& settings) {
    settings_ = settings;
    const std::string bytes = encoded(worker_settings(settings_));
    for (const auto& worker : workers_) {
        worker->channel->send(NewSettings{bytes.size()}, memory_file(bytes));
    }
}

// --- Sessions --------------------------------------------------------------------------------------------------------

Task<bool> Workers::serve(Serve order, Descriptor client, MailTree tree) {
    if (closing_) {
        co_return false;
    }
    const std::uint64_t session = order.admission.session;
    WorkerPtr worker;
    try {
        worker = worker_for(order, tree);
    } catch (const std::system_error& error) {
        log_line(LogLevel::error, order.account.address + ": no worker could be started: " + error.what());
        co_return false;
    }
    worker->idle.cancel();
    ++worker->rests;
    worker->sessions.emplace(session, order.account.address);
    const auto taken = std::make_shared<Pending<bool>>(strand_);
    worker->waiting.emplace(session, taken);
    worker->channel->send(order, std::move(client));
    const auto deadline = std::chrono::steady_clock::now() + limits::take_time;
    const auto answer = co_await taken->wait(deadline);
    worker->waiting.erase(session);
    if (!answer) {
        give_up(*worker, session);
    } else if (!*answer) {
        worker->sessions.erase(session);
        rest_if_idle(worker);
    }
    co_return answer.value_or(false);
}

/// The next session gets a worker of its own, and when nobody else needs this one, it ends. It may take the session
/// yet, and then must end it.
void Workers::give_up(Worker& worker, std::uint64_t session) {
    log_line(LogLevel::error, worker.name() + " did not take a session in time");
    forget_key(worker);
    worker.channel->send(Kick{session});
    if (worker.sessions.size() <= worker.waiting.size() + 1) {
        worker.channel->refuse("does not take sessions");
    }
}

void Workers::forget_key(const Worker& worker) {
    if (const auto known = by_key_.find(worker.key); known != by_key_.end() && known->second.lock().get() == &worker) {
        by_key_.erase(known);
    }
}

void Workers::session_over(Worker& worker, std::uint64_t session) {
    if (worker.sessions.erase(session) == 0) {
        worker.channel->refuse("ended a session that is not its own");
        return;
    }
    ended_(session, false);
}

void Workers::rest_if_idle(const WorkerPtr& worker) {
    if (worker->sessions.empty() && worker->channel->stage() == Stage::serving) {
        asio::co_spawn(strand_, rest(worker), report);
    }
}

/// What only a front says is not a worker's to say.
void Workers::write_log(Worker& worker, const LogLine& line) {
    if (const auto dropped = worker.channel->take_dropped(); dropped > 0) {
        log_line(LogLevel::warning, worker.name() + ": " + std::to_string(dropped) + " log lines were dropped");
    }
    log_line(line.level, (line.text.starts_with("LOGIN FAILED") ? worker.name() + ": " : "") + line.text,
             line.protocol);
}

void Workers::obey(Worker& worker, const Packet& packet) {
    switch (packet.kind) {
        case Kind::ready:
            if (const auto ready = decoded<Ready>(packet.body)) {
                worker.channel->set_stage(Stage::serving);
                if (!ready->trouble.empty()) {
                    log_line(LogLevel::error, worker.name() + ": " + ready->trouble);
                }
                return;
            }
            break;
        case Kind::taken:
            if (const auto taken = decoded<Taken>(packet.body)) {
                if (const auto waiting = worker.waiting.find(taken->session); waiting != worker.waiting.end()) {
                    waiting->second->deliver(taken->taken);
                }
                return;
            }
            break;
        case Kind::session_ended:
            if (const auto over = decoded<SessionEnded>(packet.body)) {
                session_over(worker, over->session);
                return;
            }
            break;
        case Kind::statuses:
            if (auto statuses = decoded<Statuses>(packet.body)) {
                collect(worker, std::move(*statuses));
                return;
            }
            break;
        case Kind::log:
            if (const auto line = decoded<LogLine>(packet.body)) {
                write_log(worker, *line);
                return;
            }
            break;
        default:
            break;
    }
    worker.channel->refuse("sent what cannot be read");
}

// --- Life and end ----------------------------------------------------------------------------------------------------

Task<void> Workers::live(WorkerPtr worker) {
    while (auto packet = co_await worker->channel->receive()) {
        const std::size_t before = worker->sessions.size();
        obey(*worker, *packet);
        if (packet->kind == Kind::ready || worker->sessions.size() < before) {
            rest_if_idle(worker);
        }
    }
    forget_key(*worker);
    if (!worker->channel->trouble().empty()) {
        log_line(LogLevel::error, worker->name() + " " + worker->channel->trouble() + ", and is ended");
        service::kill(worker->child);
    }
    const Ended how = co_await end_of(worker->child, strand_);
    bury(*worker, how);
    workers_.erase(worker);
}

void Workers::bury(Worker& worker, const Ended& how) {
    const bool crashed = how.crashed || (!worker.sessions.empty() && !closing_);
    if (crashed) {
        ++totals_.crashed;
        std::set<std::string> accounts;
        for (const auto& [session, account] : worker.sessions) {
            accounts.insert(account);
        }
        std::string names;
        std::size_t named = 0;
        for (auto account = accounts.begin(); account != accounts.end() && named < names_in_log; ++account, ++named) {
            names += ", user=" + *account;
        }
        names += accounts.size() > named ? " and " + std::to_string(accounts.size() - named) + " more" : "";
        log_line(LogLevel::error, worker.name() + " died: " + how.text + "; " + std::to_string(worker.sessions.size()) +
                                      " sessions ended" + names);
    } else {
        log_line(LogLevel::debug, worker.name() + " ended");
    }
    for (auto& [query, count] : surveys_) {
        count_off(count, worker);
    }
    for (const auto& [session, waiting] : worker.waiting) {
        waiting->deliver(false);
    }
    for (const auto& [session, account] : std::exchange(worker.sessions, {})) {
        if (!worker.waiting.contains(session)) {
            ended_(session, crashed);
        }
    }
}

/// A worker without sessions ends when none comes in time; one for a single session ends at once.
Task<void> Workers::rest(WorkerPtr worker) {
    const std::uint64_t this_time = ++worker->rests;
    worker->idle.expires_after(worker->once ? std::chrono::seconds(0) : settings_.roles.worker_idle);
    co_await worker->idle.async_wait(asio::as_tuple(asio::use_awaitable));
    if (worker->rests == this_time && worker->sessions.empty()) {
        worker->channel->close();
    }
}

void Workers::finish(bool now) {
    finishing_ = true;
    for (const auto& worker : workers_) {
        worker->channel->send(Finish{now});
    }
}

void Workers::close() {
    closing_ = true;
    for (const auto& worker : workers_) {
        worker->channel->close();
    }
}

void Workers::kill() {
    for (const auto& worker : workers_) {
        service::kill(worker->child);
    }
}

// --- What an administrator asks --------------------------------------------------------------------------------------

Task<std::vector<SessionStatus>> Workers::survey() {
    const std::uint64_t query = ++last_query_;
    const auto all = std::make_shared<Pending<bool>>(strand_);
    Count& count = surveys_[query];
    count.all = all;
    for (const auto& worker : workers_) {
        if (worker->channel->stage() == Stage::serving && !worker->channel->is_closed()) {
            count.expected.insert(worker.get());
            worker->channel->send(Survey{query});
        }
    }
    if (!count.expected.empty()) {
        const auto deadline = std::chrono::steady_clock::now() + survey_time;
        co_await all->wait(deadline);
    }
    std::vector<SessionStatus> statuses;
    for (auto& [session, status] : surveys_.at(query).statuses) {
        statuses.push_back({session, std::move(status)});
    }
    surveys_.erase(query);
    co_return statuses;
}

void Workers::collect(const Worker& worker, Statuses statuses) {
    const auto count = surveys_.find(statuses.query);
    if (count == surveys_.end() || !count->second.expected.contains(&worker)) {
        return;
    }
    for (SessionStatus& status : statuses.sessions) {
        if (worker.sessions.contains(status.session)) {
            count->second.statuses.insert_or_assign(status.session, std::move(status.status));
        }
    }
    if (statuses.last) {
        count_off(count->second, worker);
    }
}

void Workers::count_off(Count& count, const Worker& worker) {
    if (count.expected.erase(&worker) != 0 && count.expected.empty()) {
        count.all->deliver(true);
    }
}

bool Workers::kick(std::uint64_t session) {
    for (const auto& worker : workers_) {
        if (worker->sessions.contains(session) && !worker->channel->is_closed()) {
            worker->channel->send(Kick{session});
            return true;
        }
    }
    return false;
}

std::unordered_map<std::uint64_t, pid_t> Workers::process_by_session() const {
    std::unordered_map<std::uint64_t, pid_t> all;
    for (const auto& worker : workers_) {
        for (const auto& [session, account] : worker->sessions) {
            all.emplace(session, worker->child.process);
        }
    }
    return all;
}

std::vector<pid_t> Workers::processes() const {
    std::vector<pid_t> all;
    for (const auto& worker : workers_) {
        all.push_back(worker->child.process);
    }
    return all;
}

}  // namespace postrider::service
