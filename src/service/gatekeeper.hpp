// Decides who may become whom: checks credentials, gives grants, and knows every session that logged in.
// In the supervisor; in the one process where all roles are joined.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/gate.hpp"
#include "auth/service.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// Any thread.
class Gatekeeper : public auth::Gate {
public:
    using Clock = std::chrono::steady_clock;

    /// now: what the time is, for grants and delays; any thread.
    Gatekeeper(auth::Threads threads, const Settings& settings, std::function<Clock::time_point()> now = &Clock::now);

    /// For log-ins from now on. Delays of addresses and sessions stay.
    void replace(const Settings& settings);

    Task<Result<auth::Grant>> log_in(auth::LoginRequest request) override;
    Task<Result<auth::ScramOffer>> offer(Protocol protocol, auth::ScramQuestion question,
                                         boost::asio::ip::address peer) override;

    /// Whom other programs ask, at each request: a reload changes it. Lives as long as it is held.
    std::shared_ptr<auth::Chain> chain() const;

    /// The modules end, with their threads and children. Nobody may ask any more, and nobody waits: see is_asking().
    void let_go();

    /// Whether somebody waits for a module's answer: it comes from a thread to the loop on which they wait, so that one
    /// must still be there.
    bool is_asking() const;

    /// What a grant is for: once, within limits::grant_time, and for the protocol that was asked for.
    std::optional<auth::Account> redeem(std::uint64_t session, Protocol protocol);
    /// The session is over.
    void release(std::uint64_t session);
    /// Its grant will not be used. Nothing for a session that has begun.
    void abandon(std::uint64_t session) override;

    struct SessionRecord {
        auth::Account account;
        std::string peer;
        Protocol protocol = Protocol::imap;
        bool tls = false;
        Clock::time_point since;
        bool redeemed = false;
    };
    /// Sessions under way, by number.
    void each(const std::function<void(std::uint64_t session, const SessionRecord&)>& visit) const;

    struct Totals {
        std::uint64_t accepted = 0;  ///< log-ins
        std::uint64_t denied = 0;
        std::uint64_t unavailable = 0;  ///< not decided: a database or a limit
        std::size_t sessions = 0;       ///< under way
        std::size_t unsettled = 0;      ///< log-ins without an answer, and grants that are not used yet
    };
    Totals totals() const;

private:
    /// Tells the refusal after the delay of the address; at once when the client has gone meanwhile.
    /// began: when the client asked, from where its delay counts: how long the check took does not show.
    Task<Result<auth::Grant>> refuse(Error error, auth::LoginRequest request, std::string user,
                                     Clock::time_point began);
    bool has_too_many_trials(const std::string& address);
    /// What is told of it: nothing, when the log was told of such a refusal less than a minute ago.
    Error too_many(const std::string& what);
    void add_trial(const std::string& address, Clock::time_point until);
    void forget_trial(const std::string& address);
    using Trials = std::multimap<Clock::time_point, std::string>;  ///< addresses, by the end of their time
    void remove_trial(Trials::iterator trial);
    std::shared_ptr<auth::Service> service() const;
    Result<auth::Grant> grant(auth::Admitted admitted, const auth::LoginRequest& request);
    void sweep(Clock::time_point now);
    void release_locked(std::map<std::uint64_t, SessionRecord>::iterator record);

    auth::Threads threads_;
    const auth::ProcessSecret secret_;
    std::function<Clock::time_point()> now_;
    auth::Throttle throttle_;
    mutable std::mutex mutex_;
    std::shared_ptr<auth::Service> service_;             ///< owners: this, log-ins under way
    std::vector<std::weak_ptr<auth::Service>> earlier_;  ///< those before a reload that may still be asked
    std::size_t most_of_an_account_;
    std::map<std::uint64_t, SessionRecord> sessions_;
    std::map<std::string, std::size_t> by_account_;
    std::map<std::uint64_t, Clock::time_point> unused_;  ///< grants, by session, with the end of their time
    std::uint64_t next_ = 1;
    std::size_t checking_ = 0;  ///< log-ins whose password is being checked
    std::size_t delayed_ = 0;   ///< refusals that are not told yet
    /// Failed log-ins, and SCRAM's questions that no log-in followed yet: each takes a place of its address until then,
    /// whether its client waits for that or not.
    Trials trials_;
    std::map<std::string, std::size_t> trials_by_address_;
    Clock::time_point last_complaint_{};
    Totals totals_;
};

}  // namespace postrider::service
