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

#include "auth/gate.hpp"
#include "auth/service.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// Any thread.
class Gatekeeper : public auth::Gate {
public:
    using Clock = std::chrono::steady_clock;

    /// now: what the time is, for grants and delays; any thread.
    Gatekeeper(asio::thread_pool& pool, const Settings& settings, std::function<Clock::time_point()> now = &Clock::now);

    /// For log-ins from now on. Delays of addresses and sessions stay.
    void replace(const Settings& settings);

    Task<Result<auth::Grant>> log_in(auth::LoginRequest request) override;

    /// What a grant is for: once, within limits::grant_time, and for the protocol that was asked for.
    std::optional<auth::Account> redeem(std::uint64_t session, Protocol protocol);
    /// The session is over.
    void release(std::uint64_t session);
    /// Its grant will not be used. Nothing for a session that has begun.
    void abandon(std::uint64_t session);

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
    class Delayed;
    /// Tells the refusal after the delay of the address; at once when the client has gone meanwhile.
    Task<Result<auth::Grant>> refuse(Error error, boost::asio::ip::address peer);
    bool has_too_many_delayed(const std::string& address) const;
    Result<auth::Grant> grant(auth::Account account, const auth::LoginRequest& request);
    void sweep(Clock::time_point now);
    void release_locked(std::map<std::uint64_t, SessionRecord>::iterator record);

    asio::thread_pool& pool_;
    std::function<Clock::time_point()> now_;
    auth::Throttle throttle_;
    mutable std::mutex mutex_;
    std::shared_ptr<auth::Service> service_;  ///< owners: this, log-ins under way
    std::size_t most_of_an_account_;
    std::map<std::uint64_t, SessionRecord> sessions_;
    std::map<std::string, std::size_t> by_account_;
    std::map<std::uint64_t, Clock::time_point> unused_;  ///< grants, by session, with the end of their time
    std::uint64_t next_ = 1;
    std::size_t checking_ = 0;  ///< log-ins whose password is being checked
    std::size_t delayed_ = 0;   ///< refusals that are not told yet
    std::map<std::string, std::size_t> delayed_by_address_;
    Totals totals_;
};

}  // namespace postrider::service
