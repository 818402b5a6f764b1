// An exchange from its beginning to a grant: what IMAP's AUTHENTICATE and POP3's AUTH have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "auth/gate.hpp"
#include "auth/sasl.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth {

/// The protocol's side. None from any of its calls: the session ends, or has said itself why the exchange does.
class SaslParty {
public:
    virtual ~SaslParty() = default;
    /// The client's answer to a challenge, both without base64.
    virtual Task<std::optional<std::string>> ask(std::string challenge) = 0;
    /// As Gate's.
    virtual Task<std::optional<Result<Grant>>> log_in(Proof proof) = 0;
    virtual Task<std::optional<Result<ScramOffer>>> offer(ScramQuestion question) = 0;
    virtual void abandon(const Grant& grant) = 0;
};

/// SaslFailure: the client broke the mechanism's rules. Error: as Gate's. Nothing: what the party said.
using SaslOutcome = std::variant<std::monostate, SaslFailure, Error, Grant>;

/// initial: the client's initial response. exchange, party: outlive the call; on the session's strand.
Task<SaslOutcome> converse(SaslExchange& exchange, std::optional<std::string> initial, SaslParty& party);

}  // namespace postrider::auth
