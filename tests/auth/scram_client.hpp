// The client's side of SCRAM, for tests: RFC 5802 section 3 once more, from the other end.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "auth/scram.hpp"
#include "core/text.hpp"

namespace postrider::auth::test {

inline std::string scram_hmac(ScramHash hash, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    HMAC(hash == ScramHash::sha256 ? EVP_sha256() : EVP_sha1(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
    return {reinterpret_cast<const char*>(out.data()), size};
}

/// base64, as the RFCs print it.
inline std::string scram_signature(ScramHash hash, std::string_view server_key, std::string_view text) {
    return base64_encode(scram_hmac(hash, server_key, text));
}

class ScramClient {
public:
    /// user: without "," and "=". gs2_header: "n,," or what the test needs; binding: the channel's data behind it.
    ScramClient(ScramHash hash, std::string user, std::string password, std::string nonce = "client-nonce",
                std::string gs2_header = "n,,", std::string binding = "")
        : hash_(hash),
          user_(std::move(user)),
          password_(std::move(password)),
          nonce_(std::move(nonce)),
          gs2_header_(std::move(gs2_header)),
          binding_(std::move(binding)) {}

    std::string first() const { return gs2_header_ + bare(); }

    /// The last message, to an offer; remembers what the server must sign.
    std::string final_for(const ScramOffer& offer) {
        const auto proof = proof_for(offer);
        return proof.client_final + ",p=" + base64_encode(proof.proof);
    }

    /// The same as the exchange would take it apart.
    ScramProof proof_for(const ScramOffer& offer) {
        ScramProof made;
        made.hash = hash_;
        made.user = user_;
        made.client_first = bare();
        made.nonce = nonce_ + offer.nonce;
        made.client_final = "c=" + base64_encode(gs2_header_ + binding_) + ",r=" + made.nonce;
        const auto* digest = hash_ == ScramHash::sha256 ? EVP_sha256() : EVP_sha1();
        std::string salted(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
        PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()),
                          reinterpret_cast<const unsigned char*>(offer.salt.data()),
                          static_cast<int>(offer.salt.size()), static_cast<int>(offer.iterations), digest,
                          static_cast<int>(salted.size()), reinterpret_cast<unsigned char*>(salted.data()));
        const auto client_key = scram_hmac(hash_, salted, "Client Key");
        std::string stored_key(client_key.size(), '\0');
        EVP_Digest(client_key.data(), client_key.size(), reinterpret_cast<unsigned char*>(stored_key.data()), nullptr,
                   digest, nullptr);
        const auto text = made.client_first + ",r=" + made.nonce + ",s=" + base64_encode(offer.salt) +
                          ",i=" + std::to_string(offer.iterations) + "," + made.client_final;
        made.proof = scram_hmac(hash_, stored_key, text);
        for (std::size_t i = 0; i < made.proof.size(); ++i) {
            made.proof[i] = static_cast<char>(made.proof[i] ^ client_key[i]);
        }
        expected_ = scram_hmac(hash_, scram_hmac(hash_, salted, "Server Key"), text);
        return made;
    }

    const std::string& expected_signature() const { return expected_; }

private:
    std::string bare() const { return "n=" + user_ + ",r=" + nonce_; }

    ScramHash hash_;
    std::string user_;
    std::string password_;
    std::string nonce_;
    std::string gs2_header_;
    std::string binding_;
    std::string expected_;
};

}  // namespace postrider::auth::test
