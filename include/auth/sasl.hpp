// SASL mechanisms as state machines: bytes in, bytes out, credentials at the end. RFC 4422, RFC 4616 (PLAIN),
// draft-murchison-sasl-login (LOGIN). No base64 here: that belongs to each protocol's profile.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postrider::auth {

/// What a client offers to prove who it is. Overwritten with zeros when it ends.
struct Credentials {
    std::string user;
    std::string password;   ///< or the digest that stands for it
    std::string timestamp;  ///< of APOP: what the digest answers; empty: there is no digest. RFC 1939 section 7

    Credentials() = default;
    Credentials(std::string u, std::string p) : user(std::move(u)), password(std::move(p)) {}
    Credentials(const Credentials&) = default;
    Credentials(Credentials&&) = default;
    Credentials& operator=(const Credentials&) = default;
    Credentials& operator=(Credentials&&) = default;
    ~Credentials();
};

/// The next thing to do in an exchange.
struct SaslChallenge {
    std::string bytes;
};
struct SaslFailure {
    std::string reason;  ///< names what was wrong with the client's message; no secret in it
};
using SaslStep = std::variant<SaslChallenge, Credentials, SaslFailure>;

/// One exchange. Messages are at most limits::sasl_bytes in all; user and password limits::credential_bytes each.
class SaslExchange {
public:
    virtual ~SaslExchange() = default;
    /// initial: the client's initial response, none when it sent none.
    virtual SaslStep start(std::optional<std::string_view> initial) = 0;
    virtual SaslStep next(std::string_view response) = 0;
};

/// name: in any case. Null: no such mechanism.
std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name);

/// In the order in which they are announced.
std::vector<std::string_view> sasl_mechanisms();

}  // namespace postrider::auth
