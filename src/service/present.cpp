#include "service/present.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace postrider::service {

namespace {

std::shared_ptr<const net::TlsContext> context_of(const std::optional<net::TlsMaterial>& material) {
    if (!material) {
        return nullptr;
    }
    auto context = net::TlsContext::make(*material);
    if (!context) {
        throw std::runtime_error(context.error().detail);
    }
    return std::move(*context);
}

net::Network network_of(const std::string& text) {
    auto network = net::Network::parse(text);
    if (!network) {
        throw std::runtime_error(text + ": " + network.error().reason);
    }
    return *network;
}

}  // namespace

Present::State Present::made(const FrontSettings& settings) {
    State state;
    state.imap = std::make_shared<const imap::Settings>(settings.imap);
    state.tls = context_of(settings.tls);
    state.starttls = context_of(settings.starttls);
    state.plain_limits = {settings.plain_limits, settings.login_limits};
    state.tls_limits = {settings.tls_limits, settings.login_limits};
    std::vector<net::AccessEntry> entries;
    for (const AccessLine& line : settings.access) {
        entries.push_back({network_of(line.network), {line.allowed, line.per_address}});
    }
    state.access = net::AccessList(std::move(entries));
    for (const std::string& network : settings.proxy_trusted) {
        state.proxy_trusted.push_back(network_of(network));
    }
    return state;
}

void Present::replace(const FrontSettings& settings) {
    auto next = std::make_shared<const State>(made(settings));
    const std::scoped_lock lock(mutex_);
    state_ = std::move(next);
}

std::shared_ptr<const Present::State> Present::state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

std::shared_ptr<const imap::Settings> Present::imap() const {
    return state()->imap;
}

std::shared_ptr<const net::TlsContext> Present::tls() const {
    return state()->tls;
}

std::shared_ptr<const net::TlsContext> Present::starttls() const {
    return state()->starttls;
}

Registry::Limits Present::limits(Tls kind) const {
    const auto now = state();
    return kind == Tls::on_request ? now->plain_limits : now->tls_limits;
}

net::Access Present::access(const boost::asio::ip::address& peer) const {
    return state()->access.of(peer);
}

bool Present::trusts_proxy(const boost::asio::ip::address& peer) const {
    const auto now = state();
    return std::ranges::any_of(now->proxy_trusted, [&](const net::Network& network) { return network.contains(peer); });
}

}  // namespace postrider::service
