#include "service/present.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace postrider::service {

namespace {

/// This process does its work as one user: it may serve that user's accounts only.
Result<void> is_our_own(const auth::Account& account) {
    if (account.uid == ::geteuid() && account.gid == ::getegid()) {
        return {};
    }
    return Error(Code::not_permitted, "uid and gid are " + std::to_string(account.uid) + ":" +
                                          std::to_string(account.gid) + ", the server runs as " +
                                          std::to_string(::geteuid()) + ":" + std::to_string(::getegid()) +
                                          " and serves that user's accounts only");
}

std::shared_ptr<const net::TlsContext> context_of(const net::TlsSettings& settings) {
    auto context = net::TlsContext::make(settings);
    if (!context) {
        throw std::runtime_error(context.error().detail);
    }
    return std::move(*context);
}

}  // namespace

Present::Present(const Settings& settings, asio::thread_pool& pool, store::Store& store)
    : pool_(pool), store_(store), state_(made(settings)) {}

Present::State Present::made(const Settings& settings) const {
    State state;
    state.settings = settings;
    state.imap = std::make_shared<const imap::Settings>(settings.imap);
    const bool tls_listener = std::ranges::any_of(
        settings.listeners, [](const Listener& listener) { return listener.tls == Tls::from_the_start; });
    if (tls_listener) {
        state.tls = context_of(settings.tls);
    }
    if (settings.imap.starttls) {
        state.starttls = context_of(settings.starttls);
    }
    state.auth = std::make_shared<auth::Service>(pool_, settings.auth);
    return state;
}

void Present::replace(const Settings& settings) {
    State next = made(settings);
    const std::scoped_lock lock(mutex_);
    // Listeners stay as they were opened: a certificate for ports that are new would have no use.
    state_ = std::move(next);
}

imap::Environment Present::environment() const {
    const std::scoped_lock lock(mutex_);
    imap::Environment environment;
    environment.auth = state_.auth;
    environment.store = &store_;
    environment.settings = state_.imap;
    environment.starttls = state_.starttls;
    environment.may_serve = is_our_own;
    return environment;
}

std::shared_ptr<const net::TlsContext> Present::tls() const {
    const std::scoped_lock lock(mutex_);
    return state_.tls;
}

ConnectionLimits Present::limits(Tls kind) const {
    const std::scoped_lock lock(mutex_);
    return kind == Tls::on_request ? state_.settings.plain_limits : state_.settings.tls_limits;
}

}  // namespace postrider::service
