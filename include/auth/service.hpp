// The auth service: credentials in, account out; with the delays that make guessing slow.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/account.hpp"
#include "auth/chain.hpp"
#include "auth/ldap.hpp"
#include "auth/password_checker.hpp"
#include "auth/process_secret.hpp"
#include "auth/sasl.hpp"
#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// DEFDOMAIN and DOMAINSEP of one protocol.
struct DefaultDomain {
    std::string name;        ///< such as "@example.com"; empty: none
    std::string separators;  ///< empty: the name's first character
};

struct Settings {
    std::vector<std::string> modules = {
        "authuserdb"};            ///< authmodulelist: names of module_names(), asked in this order
    std::size_t children = 5;     ///< daemons: processes of authpipe, authcustom, authpam, each
    std::string folder;           ///< of the settings: authProg, authCustom
    std::string userdb;           ///< path of the source; the database is this + ".lmdb"
    LdapSettings ldap;            ///< where authldap is in the list
    std::string daemon;           ///< the socket that the module authdaemon asks
    DefaultDomain imap_domain;    ///< imapd's
    DefaultDomain pop3_domain;    ///< pop3d's
    std::string default_options;  ///< DEFAULTOPTIONS
    bool external = false;        ///< TLS_EXTERNAL: who a client's certificate names may come in
    std::size_t cache_size = limits::verified_passwords;      ///< AUTH_CACHE_SIZE; 0: every log-in pays for its hash
    std::chrono::seconds cache_time = limits::verified_time;  ///< AUTH_CACHE_TTL
};

/// What authmodulelist can have. compat/auth.md section 2.
std::vector<std::string_view> module_names();

/// As Courier does it: appended when the user's name holds none of the separators.
std::string with_default_domain(const DefaultDomain& domain, std::string user);

/// How long a refused client must wait for its answer. Grows from limits::login_delay_first to login_delay_most with
/// each failure of its address, and with each failure at the account, wherever from; the longer counts. An address is
/// forgotten after a success or ten minutes of quiet; an account, which others may be guessing at, after the quiet
/// alone. Nobody is locked out: who knows the password gets in at once. IPv6 counts by /48. Any thread.
class Throttle {
public:
    using Clock = std::chrono::steady_clock;
    /// Counts a failure; the time to wait before the client is told of it.
    Clock::duration failed(const boost::asio::ip::address& peer, std::string_view user, Clock::time_point now);
    void succeeded(const boost::asio::ip::address& peer);

private:
    struct Record {
        Clock::time_point last;
        int failures = 0;
    };
    Clock::duration count(std::string key, Clock::time_point now);

    std::mutex mutex_;
    std::unordered_map<std::string, Record> records_;
    Clock::time_point swept_;
};

/// Threads for what takes its time.
struct Threads {
    asio::thread_pool& look_ups;  ///< in databases of this machine
    asio::thread_pool& hashes;
    asio::thread_pool& programs;  ///< for waiting for the programs of authpipe and authcustom; one is enough
};

/// An account whose owner is here.
struct Admitted {
    Account account;
    std::string signature;  ///< of SCRAM: what proves to the client that we know its secret, raw bytes
};

/// Shared by all sessions of a process; any thread.
class Service {
public:
    /// threads, secret: outlive this. Throws std::invalid_argument for a module that there is not.
    Service(Threads threads, const ProcessSecret& secret, Settings settings);
    ~Service();

    /// Errors: denied (unknown user, wrong password, no password: not told apart, also not by time), unavailable (a
    /// module could not say; or limits::hash_queue checks are waiting already).
    /// service: "imap" or "pop3". peer: numeric address. Waits, and does not block.
    Task<Result<Admitted>> log_in(std::string service, Proof proof, std::string peer);

    /// What a client of SCRAM is told next, whether there is such an account or not. Errors: unavailable.
    Task<Result<ScramOffer>> offer(std::string service, ScramQuestion question);

    /// For other programs, which ask without a default domain.
    Chain& chain() { return chain_; }

private:
    Task<Result<std::optional<Record>>> prove(Query query, Credentials credentials);
    Task<Result<std::optional<Record>>> prove(Query query, CramProof proof);
    Task<Result<std::optional<Record>>> prove(Query query, ExternalIdentity identity);
    Task<Result<std::optional<Record>>> prove_scram(Query query, ScramProof proof, std::string& signature);
    Query query_of(std::string service, const std::string& user, std::string peer) const;

    Settings settings_;
    PasswordChecker checker_;
    ScramVerifier scram_;
    Chain chain_;
};

}  // namespace postrider::auth
