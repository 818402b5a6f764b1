// The door between a session before login and those who know passwords. docs/architecture.md, "Roles".
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>

#include "auth/sasl.hpp"
#include "core/result.hpp"
#include "core/session_facts.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// What a session before login asks with.
struct LoginRequest {
    Protocol protocol = Protocol::imap;
    Credentials credentials;
    boost::asio::ip::address peer;
    bool tls = false;
};

/// Leave to go on as an account, which it does not name: good once, for limits::grant_time.
struct Grant {
    std::uint64_t session = 0;  ///< the number by which everybody calls the session from now on; never 0
};

/// Any thread. Outlives the sessions that use it.
class Gate {
public:
    virtual ~Gate() = default;

    /// Waits for the look-up and the hash; after a refusal also for the delay of the address, up to
    /// limits::login_delay_most. Errors: denied, unavailable, limit (too many sessions of the account).
    virtual Task<Result<Grant>> log_in(LoginRequest request) = 0;
};

}  // namespace postrider::auth
