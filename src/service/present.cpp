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

Present::OpenDoors Present::opened(const FrontDoors& doors, const LoginLimits& login_limits) {
    OpenDoors open;
    open.tls = context_of(doors.tls);
    open.starttls = context_of(doors.starttls);
    open.plain_limits = {doors.plain_limits, login_limits};
    open.tls_limits = {doors.tls_limits, login_limits};
    std::vector<net::AccessEntry> entries;
    for (const AccessLine& line : doors.access) {
        entries.push_back({network_of(line.network), {line.allowed, line.per_address}});
    }
    open.access = net::AccessList(std::move(entries));
    return open;
}

Present::State Present::made(const FrontSettings& settings) {
    State state;
    state.imap = std::make_shared<const imap::Settings>(settings.imap);
    state.pop3 = std::make_shared<const pop3::Settings>(settings.pop3);
    state.imap_doors = opened(settings.imap_doors, settings.login_limits);
    state.pop3_doors = opened(settings.pop3_doors, settings.login_limits);
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

std::shared_ptr<const pop3::Settings> Present::pop3() const {
    return state()->pop3;
}

std::shared_ptr<const net::TlsContext> Present::tls(Protocol protocol) const {
    return state()->doors(protocol).tls;
}

std::shared_ptr<const net::TlsContext> Present::starttls(Protocol protocol) const {
    return state()->doors(protocol).starttls;
}

Registry::Limits Present::limits(Door door) const {
    const auto now = state();
    const OpenDoors& doors = now->doors(door.protocol);
    return door.tls == Tls::on_request ? doors.plain_limits : doors.tls_limits;
}

net::Access Present::access(Protocol protocol, const boost::asio::ip::address& peer) const {
    const auto now = state();
    return now->doors(protocol).access.of(peer);
}

bool Present::trusts_proxy(const boost::asio::ip::address& peer) const {
    const auto now = state();
    return std::ranges::any_of(now->proxy_trusted, [&](const net::Network& network) { return network.contains(peer); });
}

}  // namespace postrider::service
