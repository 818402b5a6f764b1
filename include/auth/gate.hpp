// The door between a session before login and those who know passwords. docs/architecture.md, "Roles".
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/sasl.hpp"
#include "core/result.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// What a session before login asks with.
struct LoginRequest {
    Protocol protocol = Protocol::imap;
    Proof proof;
    boost::asio::ip::address peer;
    bool tls = false;
};

/// The name that a client gave, for a log line whose parts stand between commas: printable ASCII, all else and commas
/// as dots, at most 900 bytes. So nobody puts another address into a line that others are shut out by.
std::string claimed_name(std::string_view user);

/// Leave to go on as an account, which it does not name: good once, for limits::grant_time.
struct Grant {
    std::uint64_t session = 0;  ///< the number by which everybody calls the session from now on; never 0
    std::string signature;      ///< of SCRAM: for SaslExchange::verified()
};

/// Any thread. Outlives the sessions that use it.
class Gate {
public:
    virtual ~Gate() = default;

    /// Waits for the look-up and the hash; after a refusal also for the delay of the address, up to
    /// limits::login_delay_most. Errors: denied, unavailable, limit (too many sessions of the account).
    virtual Task<Result<Grant>> log_in(LoginRequest request) = 0;

    /// SCRAM's first question, before any login. Waits for the look-up. Errors: unavailable, also when too many
    /// questions of the address were not followed by a log-in.
    virtual Task<Result<ScramOffer>> offer(Protocol protocol, ScramQuestion question,
                                           boost::asio::ip::address peer) = 0;

    /// The grant will not be used.
    virtual void abandon(std::uint64_t session) = 0;
};

}  // namespace postrider::auth
