// What new sessions get: settings, TLS contexts and auth service of now. A reload replaces it; sessions under way keep
// what they began with.
#pragma once

#include <memory>
#include <mutex>

#include "auth/service.hpp"
#include "imap/session.hpp"
#include "net/tls.hpp"
#include "service/settings.hpp"
#include "store/user.hpp"

namespace postrider::service {

/// Any thread.
class Present {
public:
    /// Throws std::runtime_error when a certificate cannot be read.
    Present(const Settings& settings, asio::thread_pool& pool, store::Store& store);
    void replace(const Settings& settings);

    imap::Environment environment() const;
    /// For connections that begin with TLS.
    std::shared_ptr<const net::TlsContext> tls() const;
    ConnectionLimits limits(Tls kind) const;

private:
    struct State {
        Settings settings;
        std::shared_ptr<const imap::Settings> imap;
        std::shared_ptr<const net::TlsContext> tls;
        std::shared_ptr<const net::TlsContext> starttls;
        std::shared_ptr<auth::Service> auth;
    };
    State made(const Settings& settings) const;

    asio::thread_pool& pool_;
    store::Store& store_;
    mutable std::mutex mutex_;
    State state_;
};

}  // namespace postrider::service
