// SASL mechanisms as state machines: bytes in, bytes out, and at the end what a client offers to prove who it is. RFC
// 4422; PLAIN: RFC 4616; LOGIN: draft-murchison-sasl-login; CRAM: cram.hpp; SCRAM: scram.hpp; EXTERNAL: RFC 4422
// appendix A. No base64 here: that belongs to each protocol's profile.
//
// No machine knows a secret or calls anybody: who drives it looks things up where the secrets are, in another process
// if need be, and comes back with the answer.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/cram.hpp"
#include "auth/scram.hpp"

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

// --- The next thing to do in an exchange -----------------------------------------------------------------------------

/// To the client, whose answer goes to next().
struct SaslChallenge {
    std::string bytes;
};
struct SaslFailure {
    std::string reason;  ///< names what was wrong with the client's message; no secret in it
};
/// EXTERNAL: the client is who its certificate says.
struct ExternalIdentity {
    std::string user;
};
/// The client has heard what it wanted to hear: the login that verified() told of stands.
struct SaslDone {};

/// Credentials, CramProof and ExternalIdentity end an exchange: log in with them. ScramQuestion waits for offered();
/// ScramProof is to log in with, and a login that succeeded goes on with verified().
using SaslStep = std::variant<SaslChallenge, Credentials, SaslFailure, CramProof, ExternalIdentity, ScramQuestion,
                              ScramProof, SaslDone>;

/// One exchange. The client's messages are at most limits::sasl_bytes in all; user and password
/// limits::credential_bytes each. What comes out of turn fails, and so does all after the end.
class SaslExchange {
public:
    virtual ~SaslExchange() = default;
    /// initial: the client's initial response, none when it sent none.
    virtual SaslStep start(std::optional<std::string_view> initial) = 0;
    virtual SaslStep next(std::string_view response) = 0;

    /// SCRAM alone: the answer to a ScramQuestion.
    virtual SaslStep offered(const ScramOffer& offer);
    /// SCRAM alone: the ScramProof was right. signature: ScramVerifier::verify()'s.
    virtual SaslStep verified(std::string_view signature);
};

/// What ends an exchange, or stands without one: for who checks it.
using Proof = std::variant<Credentials, CramProof, ScramProof, ExternalIdentity>;

/// Who the proof says the client is.
const std::string& user_of(const Proof& proof);

// --- Which mechanisms there are --------------------------------------------------------------------------------------

/// In the order in which they are announced.
enum class Mechanism : std::uint8_t {
    scram_sha256_plus,
    scram_sha256,
    scram_sha1_plus,
    scram_sha1,
    cram_sha256,
    cram_sha1,
    cram_md5,
    plain,
    login,
    external,
};

/// name: in any case. None: no such mechanism.
std::optional<Mechanism> mechanism_of(std::string_view name);

/// Some of the mechanisms.
class MechanismSet {
public:
    constexpr MechanismSet() = default;
    constexpr MechanismSet(std::initializer_list<Mechanism> all) {
        for (const Mechanism one : all) {
            add(one);
        }
    }
    constexpr void add(Mechanism one) { bits_ |= bit_of(one); }
    constexpr bool has(Mechanism one) const { return (bits_ & bit_of(one)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    /// A bit for each, in the order of Mechanism: for another process of the same program.
    constexpr std::uint32_t bits() const { return bits_; }
    static constexpr MechanismSet from_bits(std::uint32_t bits) {
        MechanismSet set;
        set.bits_ = bits;
        return set;
    }
    friend bool operator==(const MechanismSet&, const MechanismSet&) = default;

private:
    static constexpr unsigned bit_of(Mechanism one) { return 1U << static_cast<unsigned>(one); }
    std::uint32_t bits_ = 0;
};

/// The mechanisms that a setting names, as words between blanks: "AUTH=PLAIN" among others with the prefix "AUTH="
/// (IMAP_CAPABILITY), "PLAIN" with none (POP3AUTH). Words that name no mechanism are passed over.
MechanismSet mechanisms_in(std::string_view words, std::string_view prefix);

/// What a client can tie its proof to. RFC 5056, RFC 5929, RFC 9266.
struct ChannelBinding {
    std::string type;  ///< "tls-exporter", "tls-server-end-point", "tls-unique"
    std::string data;  ///< raw bytes
};

/// What a protocol announces: the AUTH= words of IMAP_CAPABILITY, POP3AUTH. Whoever asks for another mechanism gets it,
/// as with Courier.
struct SaslSettings {
    MechanismSet plain;     ///< on a connection in clear
    MechanismSet over_tls;  ///< IMAP_CAPABILITY_TLS, POP3AUTH_TLS
    std::string host;       ///< this machine's name, for CRAM's challenges
};

/// What an exchange knows of its site and connection.
struct SaslContext {
    MechanismSet announced = {Mechanism::plain, Mechanism::login};
    std::string host;                      ///< in CRAM challenges
    std::string identity;                  ///< what a verified client certificate says; empty: none, no EXTERNAL
    std::vector<ChannelBinding> bindings;  ///< none without TLS of our own: no -PLUS mechanisms
};

/// name: in any case. Null: no such mechanism, or not on this connection.
std::unique_ptr<SaslExchange> make_sasl_exchange(std::string_view name, const SaslContext& context = {});

/// What is to be announced, in that order, the strongest first. EXTERNAL needs no setting but an identity, as with
/// Courier.
std::vector<std::string_view> sasl_mechanisms(const SaslContext& context = {});

}  // namespace postrider::auth
