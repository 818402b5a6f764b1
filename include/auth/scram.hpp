// SCRAM-SHA-1 and SCRAM-SHA-256: a password is proved to who keeps no password. RFC 5802, RFC 7677.
//
// The exchange (sasl.hpp) reads the client's messages and knows no secret. It asks twice, and a ScramVerifier answers
// where the secrets are: ScramQuestion -> ScramOffer, ScramProof -> the server's signature. Nothing is kept between the
// two questions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/process_secret.hpp"

namespace postrider::auth {

enum class ScramHash : std::uint8_t { sha1, sha256 };

/// A client has told its name.
struct ScramQuestion {
    ScramHash hash = ScramHash::sha256;
    std::string user;  ///< SASLprep was applied
};

/// What the client is told next; no secret.
struct ScramOffer {
    std::string nonce;  ///< the server's part: printable ASCII without a comma
    std::string salt;   ///< raw bytes
    std::uint32_t iterations = 0;
};

/// What a client offers to prove who it is.
struct ScramProof {
    ScramHash hash = ScramHash::sha256;
    std::string user;          ///< as in the question
    std::string client_first;  ///< the client's first message without its GS2 header
    std::string nonce;         ///< the client's part and the server's
    std::string client_final;  ///< the client's last message without its proof
    std::string proof;         ///< raw bytes
};

/// The server's first message, which the proof signs too. nonce: both parts.
std::string scram_server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations);

/// What a userdb field scram-sha-1pw or scram-sha-256pw holds: RFC 5803's form, such as
/// "SCRAM-SHA-256$15000:SALT$STOREDKEY:SERVERKEY" in base64; 16 bytes of random salt, limits::scram_iterations.
/// Throws std::invalid_argument for a password that SASLprep refuses: not UTF-8, empty, with control characters.
std::string make_scram_secret(ScramHash hash, std::string_view password);

/// Answers for accounts that exist and, in the same way, for those that do not: their salts are made up from the name
/// and the process's secret. Any thread. stored: what make_scram_secret() gives, or {PLAIN} and the password; whatever
/// else it holds, and nothing at all, stands for an account that cannot log in this way.
/// Only accounts with 16 bytes of salt and limits::scram_iterations look like those that do not exist.
class ScramVerifier {
public:
    using Clock = std::chrono::steady_clock;

    /// secret: outlives the verifier.
    explicit ScramVerifier(const ProcessSecret& secret) : secret_(secret) {}

    ScramOffer offer(const ScramQuestion& question, std::string_view stored, Clock::time_point now) const;

    /// The server's signature (raw bytes), which proves to the client that the server knows the secret, where the proof
    /// is right and answers an offer of this verifier, made for that user no longer than twice limits::scram_time
    /// ago.
    /// A {PLAIN} password costs limits::scram_iterations of a hash: pool only. So that an unknown user costs the same,
    /// it can be checked against what another account has stored, and the answer be dropped.
    std::optional<std::string> verify(const ScramProof& proof, std::string_view stored, Clock::time_point now) const;

private:
    std::string made_up_salt(ScramHash hash, std::string_view user) const;
    std::string nonce_mac(const ScramQuestion& question, std::string_view body, std::int64_t step) const;
    bool is_own_nonce(const ScramProof& proof, Clock::time_point now) const;

    const ProcessSecret& secret_;
};

}  // namespace postrider::auth
