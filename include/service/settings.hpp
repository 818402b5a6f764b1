// Everything a running server was told: the rooms' own settings together with listeners, threads and log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth/service.hpp"
#include "imap/settings.hpp"
#include "net/tls.hpp"
#include "store/settings.hpp"

namespace postrider::service {

enum class Tls : bool { on_request, from_the_start };

/// One address to listen at.
struct Listener {
    std::string address;  ///< numeric; "" is every address, IPv4 and IPv6
    std::uint16_t port = 0;
    Tls tls = Tls::on_request;
    friend bool operator==(const Listener&, const Listener&) = default;
};

/// Limits of the listeners of one kind (plain or TLS).
struct ConnectionLimits {
    std::size_t most = 10'000;      ///< MAXDAEMONS
    std::size_t per_address = 100;  ///< MAXPERIP
};

enum class LogTarget : std::uint8_t { standard_error, syslog, file };

struct Settings {
    std::vector<Listener> listeners;
    ConnectionLimits plain_limits;
    ConnectionLimits tls_limits;
    net::TlsSettings tls;
    net::TlsSettings starttls;  ///< the same with TLS_STARTTLS_PROTOCOL
    auth::Settings auth;
    imap::Settings imap;
    store::Settings store;
    unsigned threads = 0;       ///< of the event loop; 0: as many as cores
    unsigned pool_threads = 0;  ///< for file work and hashes; 0: twice the cores, at least 4
    unsigned umask = 022;       ///< IMAP_UMASK
    LogTarget log = LogTarget::standard_error;
    std::string log_file;  ///< for LogTarget::file
    std::string log_facility = "mail";
    bool log_debug = false;
};

/// Reads the configuration anew: at SIGHUP. Throws config errors; the server then keeps what it has.
using Reload = std::function<Settings()>;

}  // namespace postrider::service
