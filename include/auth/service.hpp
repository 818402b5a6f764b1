// The auth service: credentials in, account out; with the delays that make guessing slow.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/account.hpp"
#include "auth/sasl.hpp"
#include "auth/user_database.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// DEFDOMAIN and DOMAINSEP of one protocol.
struct DefaultDomain {
    std::string name;        ///< such as "@example.com"; empty: none
    std::string separators;  ///< empty: the name's first character
};

struct Settings {
    std::string userdb;           ///< path of the source; the database is this + ".lmdb"
    DefaultDomain imap_domain;    ///< imapd's
    DefaultDomain pop3_domain;    ///< pop3d's
    std::string default_options;  ///< DEFAULTOPTIONS
};

/// As Courier does it: appended when the user's name holds none of the separators.
std::string with_default_domain(const DefaultDomain& domain, std::string user);

/// How long an address must wait before its next answer. Grows from limits::login_delay_first to login_delay_most
/// with each failure, forgotten after a success or ten minutes of quiet. IPv6 counts by /48. Any thread.
class Throttle {
public:
    using Clock = std::chrono::steady_clock;
    /// Counts a failure; the time to wait before the client is told of it.
    Clock::duration failed(const boost::asio::ip::address& peer, Clock::time_point now);
    void succeeded(const boost::asio::ip::address& peer);

private:
    struct Record {
        Clock::time_point last;
        int failures = 0;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Record> records_;
    Clock::time_point swept_;
};

/// Shared by all sessions of a process; any thread. Look-ups run on one strand of the pool, hashes beside each other.
class Service {
public:
    Service(asio::thread_pool& pool, Settings settings);
    ~Service();

    /// Errors: denied (unknown user, wrong password, no password: not told apart, also not by time),
    /// unavailable (database trouble; or limits::hash_queue checks are waiting already).
    /// service: "imap" or "pop3". Waits for the pool only.
    Task<Result<Account>> log_in(std::string service, Credentials credentials);

    /// The account of that name without a password: for PREAUTH and tools.
    Task<Result<Account>> find(std::string user);

private:
    struct LookUp;
    LookUp look_up(const std::string& service, const std::string& user);

    asio::thread_pool& pool_;
    PoolStrand look_ups_;
    Settings settings_;
    std::atomic<std::size_t> queued_ = 0;
    UserDatabase database_;     ///< on look_ups_ only, as is what follows
    std::string typical_hash_;  ///< of the account found last: what an unknown user's password is checked against
};

}  // namespace postrider::auth
