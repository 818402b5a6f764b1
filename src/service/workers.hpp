// The workers as their supervisor sees them: who is there, which sessions each has, when one is made and when it goes.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/channel.hpp"
#include "service/child.hpp"
#include "service/mail_tree.hpp"
#include "service/messages.hpp"
#include "service/pending.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// On the supervisor's strand, as all of this class.
class Workers {
public:
    /// ended: called when a session is over; crashed: its worker died.
    Workers(net::Strand strand, const Settings& settings,
            std::function<void(std::uint64_t session, bool crashed)> ended);

    /// For workers that are there, and those to come.
    void replace(const Settings& settings);

    /// Gives the session to the worker it belongs to, which is made when there is none. False: it could not be done, as
    /// the log says. Waits at most limits::take_time.
    Task<bool> serve(Serve order, Descriptor client, MailTree tree);

    Task<std::vector<SessionStatus>> survey();
    bool kick(std::uint64_t session);
    std::unordered_map<std::uint64_t, pid_t> process_by_session() const;
    std::vector<pid_t> processes() const;

    /// Sessions end after the command under way, or now.
    void finish(bool now);
    /// Workers end their sessions with BYE, and themselves.
    void close();
    void kill();
    std::size_t size() const { return workers_.size(); }

    struct Totals {
        std::uint64_t started = 0;
        std::uint64_t crashed = 0;
    };
    Totals totals() const { return totals_; }

private:
    struct Worker;
    using WorkerPtr = std::shared_ptr<Worker>;  ///< owners: the list, and the coroutines of its life

    /// A survey under way.
    struct Count {
        std::set<const Worker*> expected;                 ///< who has not told all yet
        std::map<std::uint64_t, SessionReport> statuses;  ///< by session: a worker tells of its own, each once
        std::shared_ptr<Pending<bool>> all;
    };

    WorkerPtr worker_for(const Serve& order, const MailTree& tree);
    WorkerPtr start(const auth::Account& account, const MailTree& tree, std::string key);
    std::string key_of(const Serve& order, const MailTree& tree) const;
    Task<void> live(WorkerPtr worker);
    Task<void> rest(WorkerPtr worker);
    void obey(Worker& worker, const Packet& packet);
    void session_over(Worker& worker, std::uint64_t session);
    void give_up(Worker& worker, std::uint64_t session);
    void forget_key(const Worker& worker);
    void rest_if_idle(const WorkerPtr& worker);
    static void write_log(Worker& worker, const LogLine& line);
    void bury(Worker& worker, const Ended& how);
    void collect(const Worker& worker, Statuses statuses);
    void count_off(Count& count, const Worker& worker);

    net::Strand strand_;
    Settings settings_;
    std::function<void(std::uint64_t, bool)> ended_;
    std::set<WorkerPtr> workers_;
    std::map<std::string, std::weak_ptr<Worker>> by_key_;  ///< those that take new sessions

    std::map<std::uint64_t, Count> surveys_;
    std::uint64_t last_query_ = 0;
    Totals totals_;
    bool finishing_ = false;
    bool closing_ = false;
};

}  // namespace postrider::service
