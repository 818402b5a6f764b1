#include "service/gatekeeper.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
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

/// An account by however many spellings its database takes for one.
std::string folded(const std::string& address) {
    return lower(trimmed(address));
}

}  // namespace

Gatekeeper::Gatekeeper(auth::Threads threads, const Settings& settings, std::function<Clock::time_point()> now)
    : threads_(threads),
      now_(std::move(now)),
      service_(std::make_shared<auth::Service>(threads_, secret_, settings.auth)),
      most_of_an_account_(settings.login_limits.per_account) {}

void Gatekeeper::replace(const Settings& settings) {
    auto service = std::make_shared<auth::Service>(threads_, secret_, settings.auth);
    const std::scoped_lock lock(mutex_);
    std::erase_if(earlier_, [](const auto& one) { return one.expired(); });
    earlier_.push_back(service_);
    service_.swap(service);
    // Its modules end their connections and children, which takes its time.
    asio::post(threads_.look_ups, [old = std::move(service)] {});
    most_of_an_account_ = settings.login_limits.per_account;
}

bool Gatekeeper::has_too_many_trials(const std::string& address) {
    const auto now = now_();
    const std::scoped_lock lock(mutex_);
    while (!trials_.empty() && trials_.begin()->first <= now) {
        remove_trial(trials_.begin());
    }
    const auto here = trials_by_address_.find(address);
    return here != trials_by_address_.end() && here->second >= limits::delayed_logins_an_address;
}

void Gatekeeper::remove_trial(Trials::iterator trial) {
    const auto count = trials_by_address_.find(trial->second);
    if (--count->second == 0) {
        trials_by_address_.erase(count);
    }
    trials_.erase(trial);
}

void Gatekeeper::add_trial(const std::string& address, Clock::time_point until) {
    const std::scoped_lock lock(mutex_);
    if (trials_.size() >= limits::delayed_logins) {
        remove_trial(trials_.begin());  // who guesses from everywhere shuts out nobody
    }
    trials_.emplace(until, address);
    ++trials_by_address_[address];
}

void Gatekeeper::forget_trial(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    const auto trial = std::ranges::find(trials_, address, [](const auto& one) { return one.second; });
    if (trial != trials_.end()) {
        remove_trial(trial);
    }
}

Error Gatekeeper::too_many(const std::string& what) {
    const auto now = now_();
    const std::scoped_lock lock(mutex_);
    if (now - last_complaint_ < std::chrono::minutes(1)) {
        return Code::unavailable;
    }
    last_complaint_ = now;
    return {Code::unavailable, what + "; no more is said of such refusals for a minute"};
}

std::shared_ptr<auth::Service> Gatekeeper::service() const {
    const std::scoped_lock lock(mutex_);
    return service_;
}

std::shared_ptr<auth::Chain> Gatekeeper::chain() const {
    auto whole = service();
    return {whole, &whole->chain()};
}

void Gatekeeper::let_go() {
    std::shared_ptr<auth::Service> last;  // which ends behind the lock
    const std::scoped_lock lock(mutex_);
    last.swap(service_);
}

bool Gatekeeper::is_asking() const {
    const std::scoped_lock lock(mutex_);
    return service_.use_count() > 1 || std::ranges::any_of(earlier_, [](const auto& one) { return !one.expired(); });
}

Task<Result<auth::Grant>> Gatekeeper::log_in(auth::LoginRequest request) {
    const auto began = now_();
    std::string user = auth::user_of(request.proof);
    if (has_too_many_trials(address_key(request.peer))) {
        Error full = too_many("too many failed logins of " + request.peer.to_string() + " are waiting");
        co_return co_await refuse(std::move(full), std::move(request), std::move(user), began);
    }
    const bool is_scram = std::holds_alternative<auth::ScramProof>(request.proof);
    std::optional<Result<auth::Admitted>> admitted;
    {
        const Counted place(mutex_, checking_);
        if (place.now() <= limits::pending_logins) {
            const auto by = service();
            std::string peer = net::plain_address(request.peer).to_string();
            admitted = co_await by->log_in(std::string(service_name(request.protocol)), std::move(request.proof),
                                           std::move(peer));
        }
    }
    if (!admitted) {
        Error full = too_many("too many logins are waiting");
        co_return co_await refuse(std::move(full), std::move(request), std::move(user), began);
    }
    if (!*admitted) {
        Error error = admitted->error();
        co_return co_await refuse(std::move(error), std::move(request), std::move(user), began);
    }
    throttle_.succeeded(request.peer);
    if (is_scram) {
        forget_trial(address_key(request.peer));
    }
    co_return grant(std::move(**admitted), request);
}

/// Counts with the log-ins that are being checked, and takes one of its address's places until its log-in succeeds.
Task<Result<auth::ScramOffer>> Gatekeeper::offer(Protocol protocol, auth::ScramQuestion question,
                                                 boost::asio::ip::address peer) {
    const Counted place(mutex_, checking_);
    if (place.now() > limits::pending_logins) {
        co_return too_many("too many logins are waiting");
    }
    const std::string address = address_key(peer);
    if (has_too_many_trials(address)) {
        co_return too_many("too many failed logins of " + peer.to_string() + " are waiting");
    }
    add_trial(address, now_() + limits::login_delay_first);
    const auto by = service();
    co_return co_await by->offer(std::string(service_name(protocol)), std::move(question));
}

Task<Result<auth::Grant>> Gatekeeper::refuse(Error error, auth::LoginRequest request, std::string user,
                                             Clock::time_point began) {
    const bool denied = error.code == Code::denied;
    {
        const std::scoped_lock lock(mutex_);
        ++(denied ? totals_.denied : totals_.unavailable);
    }
    if (!denied) {
        co_return error;
    }
    const auto until = began + throttle_.failed(request.peer, folded(user), now_());
    add_trial(address_key(request.peer), until);
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() == asio::cancellation_type::none) {
        const Counted waiting(mutex_, delayed_);
        asio::steady_timer timer(co_await asio::this_coro::executor, until);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return error;
}

Result<auth::Grant> Gatekeeper::grant(auth::Admitted admitted, const auth::LoginRequest& request) {
    auth::Account& account = admitted.account;
    const auto now = now_();
    const std::scoped_lock lock(mutex_);
    sweep(now);
    auto& of_the_account = by_account_[folded(account.address)];
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
    return auth::Grant{session, std::move(admitted.signature)};
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
    const auto count = by_account_.find(folded(record->second.account.address));
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
