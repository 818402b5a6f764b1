// The worker: sessions after login, with the mail of their accounts. Knows no passwords and no network.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "auth/account.hpp"
#include "auth/arrival.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"
#include "imap/settings.hpp"
#include "net/connection.hpp"
#include "pop3/settings.hpp"
#include "service/messages.hpp"
#include "service/registry.hpp"
#include "service/role_settings.hpp"
#include "store/user.hpp"

namespace postrider::service {

/// Any thread. Outlives its sessions.
class Worker {
public:
    Worker(asio::thread_pool& pool, const WorkerSettings& settings);

    /// For sessions that begin from now on.
    void replace(const WorkerSettings& settings);

    /// The session from its login's answer to its end. connection: watched by the caller; on its strand.
    Task<void> serve(net::Connection& connection, std::unique_ptr<auth::Arrival> arrival);

    /// What each session does. Waits for each session's strand in turn.
    Task<std::vector<SessionStatus>> survey() const;
    /// Ends one session, with BYE where the protocol has it. False: there is no such session.
    bool kick(std::uint64_t session);
    void end(Ending ending);
    std::size_t size() const;
    /// store::Store::let_go(), when there is no session any more.
    void let_go() { store_.let_go(); }
    bool is_at_rest() const { return store_.is_at_rest(); }

private:
    /// What is done to a session of either protocol, on its strand.
    class Handle {
    public:
        virtual ~Handle() = default;
        virtual SessionReport report() const = 0;
        virtual void kick() = 0;
        virtual void end(Ending ending) = 0;
    };
    template <class Session>
    class HandleOf;
    struct Record {
        std::weak_ptr<Handle> session;  ///< for use on the strand
        net::Strand strand;
    };
    class Listed;
    template <class Session, class Environment>
    Task<void> run(net::Connection& connection, Environment environment, std::unique_ptr<auth::Arrival> arrival);

    mutable std::mutex mutex_;
    store::Store store_;
    std::shared_ptr<const imap::Settings> imap_;  ///< owners: this, sessions
    std::shared_ptr<const pop3::Settings> pop3_;  ///< the same
    std::map<std::uint64_t, Record> records_;
    std::optional<Ending> ending_;
};

}  // namespace postrider::service
