// Where SCRAM's secrets are. The server's part of a nonce carries a keyed digest of itself, the user and the time, so
// nothing is kept for an exchange, and a proof that was seen once is of no use later: not even to who reads the
// client's bytes for us and may send us what it likes. It is 44 characters: base64 of 17 random bytes and 16 of the
// digest. Time counts in steps of limits::scram_time; the last step counts too.
#include <openssl/evp.h>

#include <algorithm>

#include "auth/crypt.hpp"
#include "auth/password.hpp"
#include "auth/scram.hpp"
#include "auth/scram_secret.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t body_size = 17;
constexpr std::size_t mac_size = 16;
constexpr std::size_t nonce_chars = (body_size + mac_size) / 3 * 4;
static_assert((body_size + mac_size) % 3 == 0);

std::int64_t step_of(ScramVerifier::Clock::time_point now) {
    return now.time_since_epoch() / limits::scram_time;
}

std::string_view name_of(ScramHash hash) {
    return hash == ScramHash::sha256 ? "sha256" : "sha1";
}

}  // namespace

std::string scram_server_first(std::string_view nonce, std::string_view salt, std::uint32_t iterations) {
    return "r=" + std::string(nonce) + ",s=" + base64_encode(salt) + ",i=" + std::to_string(iterations);
}

std::string ScramVerifier::made_up_salt(ScramHash hash, std::string_view user) const {
    return secret_.mac("SCRAM salt", {name_of(hash), user}).substr(0, scram_salt_size);
}

std::string ScramVerifier::nonce_mac(const ScramQuestion& question, std::string_view body, std::int64_t step) const {
    return secret_.mac("SCRAM nonce", {name_of(question.hash), question.user, body, std::to_string(step)})
        .substr(0, mac_size);
}

ScramOffer ScramVerifier::offer(const ScramQuestion& question, std::string_view stored, Clock::time_point now) const {
    ScramOffer offer;
    const std::string body = random_bytes(body_size);
    offer.nonce = base64_encode(body + nonce_mac(question, body, step_of(now)));
    auto secret = read_scram_secret(question.hash, stored);
    offer.salt = secret ? std::move(secret->salt) : made_up_salt(question.hash, question.user);
    offer.iterations = secret ? secret->iterations : limits::scram_iterations;
    return offer;
}

bool ScramVerifier::is_own_nonce(const ScramProof& proof, Clock::time_point now) const {
    if (proof.nonce.size() <= nonce_chars) {
        return false;
    }
    const auto bytes = base64_decode(std::string_view(proof.nonce).substr(proof.nonce.size() - nonce_chars));
    if (!bytes || bytes->size() != body_size + mac_size) {
        return false;
    }
    const auto body = std::string_view(*bytes).substr(0, body_size);
    const auto mac = std::string_view(*bytes).substr(body_size);
    const ScramQuestion question{proof.hash, proof.user};
    return is_same_secret(nonce_mac(question, body, step_of(now)), mac) ||
           is_same_secret(nonce_mac(question, body, step_of(now) - 1), mac);
}

std::optional<std::string> ScramVerifier::verify(const ScramProof& proof, std::string_view stored,
                                                 Clock::time_point now) const {
    const EVP_MD* digest = digest_of(proof.hash);
    const auto size = static_cast<std::size_t>(EVP_MD_get_size(digest));
    if (proof.proof.size() != size) {
        return std::nullopt;
    }
    auto secret = read_scram_secret(proof.hash, stored);
    if (const auto password = clear_text_of(stored)) {
        secret = scram_secret_of(proof.hash, *password, made_up_salt(proof.hash, proof.user), limits::scram_iterations);
    }
    if (!secret) {  // goes the same way, with a stored key that is nobody's digest
        const std::string zeros(size, '\0');
        secret = ScramSecret{made_up_salt(proof.hash, proof.user), limits::scram_iterations, zeros, zeros};
    }
    const std::string text = proof.client_first + "," +
                             scram_server_first(proof.nonce, secret->salt, secret->iterations) + "," +
                             proof.client_final;
    std::string client_key = hmac_of(digest, secret->stored_key, text);  // the client's signature, so far
    for (std::size_t i = 0; i < size; ++i) {
        client_key[i] = static_cast<char>(client_key[i] ^ proof.proof[i]);
    }
    const bool matches = is_same_secret(digest_of(digest, client_key), secret->stored_key);
    wipe(client_key);
    if (!matches || !is_own_nonce(proof, now)) {
        return std::nullopt;
    }
    return hmac_of(digest, secret->server_key, text);
}

}  // namespace postrider::auth
