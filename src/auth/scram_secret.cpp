#include "auth/scram_secret.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "auth/crypt.hpp"
#include "auth/password.hpp"
#include "auth/saslprep.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t most_salt = 64;

std::string_view prefix_of(ScramHash hash) {
    return hash == ScramHash::sha256 ? "SCRAM-SHA-256$" : "SCRAM-SHA-1$";
}

/// Hi() of RFC 5802.
std::string salted_password(const EVP_MD* digest, std::string_view password, std::string_view salt,
                            std::uint32_t iterations) {
    std::string out(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
    if (::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                            reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                            static_cast<int>(iterations), digest, static_cast<int>(out.size()),
                            reinterpret_cast<unsigned char*>(out.data())) != 1) {
        throw std::runtime_error("OpenSSL cannot make PBKDF2");
    }
    return out;
}

/// The parts between the separators, which must be as many as wanted.
template <std::size_t count>
std::optional<std::array<std::string_view, count>> split(std::string_view text, std::string_view separators) {
    std::array<std::string_view, count> parts;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        const auto end = text.find(separators[i]);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        parts[i] = text.substr(0, end);
        text.remove_prefix(end + 1);
    }
    parts[count - 1] = text;
    return parts;
}

}  // namespace

const EVP_MD* digest_of(ScramHash hash) {
    return hash == ScramHash::sha256 ? EVP_sha256() : EVP_sha1();
}

std::optional<ScramSecret> scram_secret_of(ScramHash hash, std::string_view password, std::string_view salt,
                                           std::uint32_t iterations) {
    auto prepared = saslprep(password, Unassigned::prohibited);
    if (!prepared) {
        return std::nullopt;
    }
    const EVP_MD* digest = digest_of(hash);
    std::string salted = salted_password(digest, *prepared, salt, iterations);
    std::string client_key = hmac_of(digest, salted, "Client Key");
    ScramSecret secret{std::string(salt), iterations, digest_of(digest, client_key),
                       hmac_of(digest, salted, "Server Key")};
    wipe(*prepared);
    wipe(salted);
    wipe(client_key);
    return secret;
}

std::optional<ScramSecret> read_scram_secret(ScramHash hash, std::string_view stored) {
    if (!istarts_with(stored, prefix_of(hash))) {
        return std::nullopt;
    }
    const auto parts = split<4>(stored.substr(prefix_of(hash).size()), ":$:");
    if (!parts) {
        return std::nullopt;
    }
    const auto iterations = parse_decimal<std::uint32_t>((*parts)[0]);
    auto salt = base64_decode((*parts)[1]);
    auto stored_key = base64_decode((*parts)[2]);
    auto server_key = base64_decode((*parts)[3]);
    const auto size = static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash)));
    if (!iterations || *iterations == 0 || !salt || salt->empty() || salt->size() > most_salt || !stored_key ||
        stored_key->size() != size || !server_key || server_key->size() != size) {
        return std::nullopt;
    }
    return ScramSecret{std::move(*salt), *iterations, std::move(*stored_key), std::move(*server_key)};
}

std::string print_scram_secret(ScramHash hash, const ScramSecret& secret) {
    return std::string(prefix_of(hash)) + std::to_string(secret.iterations) + ":" + base64_encode(secret.salt) + "$" +
           base64_encode(secret.stored_key) + ":" + base64_encode(secret.server_key);
}

std::string make_scram_secret(ScramHash hash, std::string_view password) {
    const auto secret = scram_secret_of(hash, password, random_bytes(scram_salt_size), limits::scram_iterations);
    if (!secret) {
        throw std::invalid_argument("the password is empty, too long, not UTF-8 or has control characters");
    }
    return print_scram_secret(hash, *secret);
}

}  // namespace postrider::auth
