// What new connections get: settings, limits, lists and TLS contexts of now. A reload replaces it; connections under
// way keep what they began with.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "imap/settings.hpp"
#include "net/access_list.hpp"
#include "net/network.hpp"
#include "net/tls.hpp"
#include "pop3/settings.hpp"
#include "service/registry.hpp"
#include "service/role_settings.hpp"

namespace postrider::service {

/// Any thread.
class Present {
public:
    /// Throws std::runtime_error when a certificate is not usable; before that nothing has changed.
    void replace(const FrontSettings& settings);

    std::shared_ptr<const imap::Settings> imap() const;
    std::shared_ptr<const pop3::Settings> pop3() const;
    /// For connections that begin with TLS; null: none were expected.
    std::shared_ptr<const net::TlsContext> tls(Protocol protocol) const;
    std::shared_ptr<const net::TlsContext> starttls(Protocol protocol) const;
    Registry::Limits limits(Door door) const;
    net::Access access(Protocol protocol, const boost::asio::ip::address& peer) const;
    /// Whether this peer may say in a PROXY header for whom it speaks.
    bool trusts_proxy(const boost::asio::ip::address& peer) const;

private:
    /// Of one protocol.
    struct OpenDoors {
        std::shared_ptr<const net::TlsContext> tls;
        std::shared_ptr<const net::TlsContext> starttls;
        Registry::Limits plain_limits;
        Registry::Limits tls_limits;
        net::AccessList access;
    };
    struct State {
        std::shared_ptr<const imap::Settings> imap;
        std::shared_ptr<const pop3::Settings> pop3;
        OpenDoors imap_doors;
        OpenDoors pop3_doors;
        std::vector<net::Network> proxy_trusted;
        const OpenDoors& doors(Protocol protocol) const { return protocol == Protocol::imap ? imap_doors : pop3_doors; }
    };
    static OpenDoors opened(const FrontDoors& doors, const LoginLimits& login_limits);
    static State made(const FrontSettings& settings);
    std::shared_ptr<const State> state() const;

    mutable std::mutex mutex_;
    std::shared_ptr<const State> state_;  ///< owners: this, and calls under way
};

}  // namespace postrider::service
