#include "service/gatekeeper.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "core/limits.hpp"
#include "net/network.hpp"
#include "service/registry.hpp"

namespace postrider::service {

namespace {

/// Counts something up for as long as it lives.
class Counted {
public:
    Counted(std::mutex& mutex, std::size_t& count) : mutex_(mutex), count_(count) {
        const std::scoped_lock lock(mutex_);
        now_ = ++count_;
    }
    ~Counted() {
        const std::scoped_lock lock(mutex_);
        --count_;
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    std::size_t now() const { return now_; }

private:
    std::mutex& mutex_;
    std::size_t& count_;
    std::size_t now_;
};

}  // namespace

/// A refusal that waits for its time.
class Gatekeeper::Delayed {
public:
    Delayed(Gatekeeper& gatekeeper, std::string address) : gatekeeper_(gatekeeper), address_(std::move(address)) {
        const std::scoped_lock lock(gatekeeper_.mutex_);
        ++gatekeeper_.delayed_;
        ++gatekeeper_.delayed_by_address_[address_];
    }
    ~Delayed() {
        const std::scoped_lock lock(gatekeeper_.mutex_);
        --gatekeeper_.delayed_;
        const auto here = gatekeeper_.delayed_by_address_.find(address_);
        if (--here->second == 0) {
            gatekeeper_.delayed_by_address_.erase(here);
        }
    }
    Delayed(const Delayed&) = delete;
    Delayed& operator=(const Delayed&) = delete;

private:
    Gatekeeper& gatekeeper_;
    std::string address_;
};

Gatekeeper::Gatekeeper(asio::thread_pool& pool, const Settings& settings, std::function<Clock::time_point()> now)
    : pool_(pool),
      now_(std::move(now)),
      service_(std::make_shared<auth::Service>(pool, settings.auth)),
      most_of_an_account_(settings.login_limits.per_account) {}

void Gatekeeper::replace(const Settings& settings) {
    auto service = std::make_shared<auth::Service>(pool_, settings.auth);
    const std::scoped_lock lock(mutex_);
    service_ = std::move(service);
    most_of_an_account_ = settings.login_limits.per_account;
}

bool Gatekeeper::has_too_many_delayed(const std::string& address) const {
    const std::scoped_lock lock(mutex_);
    const auto here = delayed_by_address_.find(address);
    return delayed_ >= limits::delayed_logins ||
           (here != delayed_by_address_.end() && here->second >= limits::delayed_logins_an_address);
}

Task<Result<auth::Grant>> Gatekeeper::log_in(auth::LoginRequest request) {
    if (has_too_many_delayed(address_key(request.peer))) {
        Error full(Code::unavailable, "too many failed logins of " + request.peer.to_string() + " are waiting");
        co_return co_await refuse(std::move(full), request.peer);
    }
    std::optional<Result<auth::Account>> account;
    {
        const Counted place(mutex_, checking_);
        if (place.now() <= limits::pending_logins) {
            std::shared_ptr<auth::Service> service;
            {
                const std::scoped_lock lock(mutex_);
                service = service_;
            }
            account =
                co_await service->log_in(std::string(service_name(request.protocol)), std::move(request.credentials));
        }
    }
    if (!account) {
        Error full(Code::unavailable, "too many logins are waiting");
        co_return co_await refuse(std::move(full), request.peer);
    }
    if (!*account) {
        co_return co_await refuse(account->error(), request.peer);
    }
    throttle_.succeeded(request.peer);
    co_return grant(std::move(**account), request);
}

Task<Result<auth::Grant>> Gatekeeper::refuse(Error error, boost::asio::ip::address peer) {
    const bool denied = error.code == Code::denied;
    {
        const std::scoped_lock lock(mutex_);
        ++(denied ? totals_.denied : totals_.unavailable);
    }
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (denied && cancelled.cancelled() == asio::cancellation_type::none) {
        const Delayed delayed(*this, address_key(peer));
        const auto now = now_();
        asio::steady_timer timer(co_await asio::this_coro::executor, now + throttle_.failed(peer, now));
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return error;
}

Result<auth::Grant> Gatekeeper::grant(auth::Account account, const auth::LoginRequest& request) {
    const auto now = now_();
    const std::scoped_lock lock(mutex_);
    sweep(now);
    auto& of_the_account = by_account_[account.address];
    if (of_the_account >= most_of_an_account_) {
        ++totals_.unavailable;
        return Error(Code::limit,
                     account.address + " has " + std::to_string(of_the_account) + " sessions already (MAXPERACCOUNT)");
    }
    ++of_the_account;
    ++totals_.accepted;
    const std::uint64_t session = next_++;
    sessions_.emplace(session, SessionRecord{std::move(account), net::plain_address(request.peer).to_string(),
                                             request.protocol, request.tls, now});
    unused_.emplace(session, now + limits::grant_time);
    return auth::Grant{session};
}

std::optional<auth::Account> Gatekeeper::redeem(std::uint64_t session, Protocol protocol) {
    const std::scoped_lock lock(mutex_);
    sweep(now_());
    const auto known = sessions_.find(session);
    if (known == sessions_.end() || known->second.protocol != protocol || unused_.erase(session) == 0) {
        return std::nullopt;
    }
    SessionRecord& record = known->second;
    record.redeemed = true;
    return record.account;
}

void Gatekeeper::release(std::uint64_t session) {
    const std::scoped_lock lock(mutex_);
    unused_.erase(session);
    if (const auto record = sessions_.find(session); record != sessions_.end()) {
        release_locked(record);
    }
}

void Gatekeeper::abandon(std::uint64_t session) {
    const std::scoped_lock lock(mutex_);
    if (unused_.erase(session) != 0) {
        release_locked(sessions_.find(session));
    }
}

void Gatekeeper::release_locked(std::map<std::uint64_t, SessionRecord>::iterator record) {
    const auto count = by_account_.find(record->second.account.address);
    if (--count->second == 0) {
        by_account_.erase(count);
    }
    sessions_.erase(record);
}

/// Session numbers rise with time, so the oldest grants come first.
void Gatekeeper::sweep(Clock::time_point now) {
    while (!unused_.empty() && unused_.begin()->second <= now) {
        release_locked(sessions_.find(unused_.begin()->first));
        unused_.erase(unused_.begin());
    }
}

void Gatekeeper::each(const std::function<void(std::uint64_t, const SessionRecord&)>& visit) const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [session, record] : sessions_) {
        if (record.redeemed) {
            visit(session, record);
        }
    }
}

Gatekeeper::Totals Gatekeeper::totals() const {
    const std::scoped_lock lock(mutex_);
    Totals totals = totals_;
    totals.sessions = sessions_.size() - unused_.size();
    totals.unsettled = unused_.size() + checking_ + delayed_;
    return totals;
}

}  // namespace postrider::service
