// Everything a running server was told: the rooms' own settings together with listeners, threads and log.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth/service.hpp"
#include "core/session_facts.hpp"
#include "imap/settings.hpp"
#include "net/access_list.hpp"
#include "net/network.hpp"
#include "net/tls.hpp"
#include "pop3/settings.hpp"
#include "store/settings.hpp"

namespace postrider::service {

enum class Tls : bool { on_request, from_the_start };
constexpr Tls last_value(Tls) {
    return Tls::from_the_start;
}

/// How a connection comes in. Each door's connections count for themselves, as those of Courier's four daemons do.
struct Door {
    Protocol protocol = Protocol::imap;
    Tls tls = Tls::on_request;
    friend auto operator<=>(const Door&, const Door&) = default;
};
inline constexpr std::size_t door_count = 4;
/// Below door_count.
constexpr std::size_t index(Door door) {
    return 2 * static_cast<std::size_t>(door.protocol) + static_cast<std::size_t>(door.tls);
}

/// One address to listen at.
struct Listener {
    std::string address;  ///< numeric; "" is every address, IPv4 and IPv6
    std::uint16_t port = 0;
    Door door;
    bool proxy = false;  ///< its connections begin with a PROXY header (PROXY_PORTS)
    friend bool operator==(const Listener&, const Listener&) = default;
};

/// Limits of the listeners of one kind (plain or TLS).
struct ConnectionLimits {
    std::size_t most = 10'000;      ///< MAXDAEMONS
    std::size_t per_address = 100;  ///< MAXPERIP
};

/// What the doors of one protocol have of their own.
struct Doors {
    ConnectionLimits plain_limits;
    ConnectionLimits tls_limits;
    net::AccessList access;  ///< IMAPACCESSFILE, POP3ACCESSFILE
    net::TlsSettings tls;
    net::TlsSettings starttls;  ///< the same with TLS_STARTTLS_PROTOCOL
};

/// What one worker process serves.
enum class WorkerShare : std::uint8_t {
    uid,      ///< every account with its uid, gid and groups
    account,  ///< one account
    session,  ///< one session
};

/// How the server divides its work among processes when it is started as root.
struct RoleSettings {
    std::string front_user = "postrider";    ///< FRONT_USER: name or number
    std::string front_group;                 ///< FRONT_GROUP: name or number; empty: the user's
    WorkerShare workers = WorkerShare::uid;  ///< WORKERS
    std::chrono::seconds worker_idle{60};    ///< WORKER_IDLE_TIME: a worker without sessions lives on so long
    unsigned lowest_uid = 100;               ///< LOWEST_UID: accounts below are refused; uid and gid 0 always
    std::vector<std::string> mail_roots;     ///< MAIL_ROOTS: accounts of one uid below one of them share a worker
    std::string control = "/run/postrider/control";  ///< CONTROL_SOCKET; empty: none
    std::chrono::seconds shutdown_time{10};          ///< SHUTDOWN_TIME: for commands under way at the stop
};

/// Limits that guard logins, over all listeners.
struct LoginLimits {
    std::size_t before_login = 2'000;            ///< MAX_BEFORE_LOGIN: when full, the oldest is dropped
    std::size_t per_address_before_login = 100;  ///< MAXPERIP_BEFORE_LOGIN
    std::size_t per_account = 500;               ///< MAXPERACCOUNT: sessions at a time
};

enum class LogTarget : std::uint8_t { standard_error, syslog, file };

struct Settings {
    std::vector<Listener> listeners;
    Doors imap_doors;
    Doors pop3_doors;
    LoginLimits login_limits;
    std::vector<net::Network> proxy_trusted;  ///< PROXY_TRUSTED: who may send PROXY headers
    auth::Settings auth;
    std::string authdaemon_socket;  ///< AUTHDAEMON_SOCKET: where other programs ask for accounts; empty: nowhere
    imap::Settings imap;
    pop3::Settings pop3;
    store::Settings store;
    RoleSettings roles;
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
