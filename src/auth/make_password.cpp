// Making what is stored: crypt(3) forms with a random salt, digests, and CRAM secrets. compat/userdb.md section 6,
// compat/auth.md section 8.3.
#include <crypt.h>
#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "auth/crypt.hpp"
#include "auth/hmac_state.hpp"
#include "auth/password.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

/// A setting for crypt(3). prefix: of the scheme, such as "$6$". Without a cost: the scheme's own.
std::string random_setting(const char* prefix) {
    const std::string bytes = random_bytes(16);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (::crypt_gensalt_rn(prefix, 0, bytes.data(), static_cast<int>(bytes.size()), setting.data(),
                           static_cast<int>(setting.size())) == nullptr) {
        throw std::runtime_error("crypt(3) of this system does not know " + std::string(prefix));
    }
    return setting.data();
}

std::string random_salt(std::size_t size) {
    constexpr std::string_view alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static_assert(alphabet.size() == 64);
    std::string salt = random_bytes(size);
    for (char& c : salt) {
        c = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    }
    return salt;
}

std::string make_crypt(std::string_view password, const std::string& setting) {
    auto made = crypt_password(password, setting);
    if (!made) {
        throw std::invalid_argument("the password is too long or holds a NUL character");
    }
    return std::move(*made);
}

std::string make_salted_sha1(std::string_view password) {
    const std::string salt = random_bytes(4);
    return "{SSHA}" + base64_encode(digest_of(EVP_sha1(), password, salt) + salt);
}

}  // namespace

std::string make_yescrypt(std::string_view password) {
    return make_crypt(password, random_setting("$y$"));
}

std::string make_sha512_crypt(std::string_view password) {
    return make_crypt(password, random_setting("$6$"));
}

std::string make_md5_crypt(std::string_view password, std::size_t salt_size) {
    return make_crypt(password, "$1$" + random_salt(salt_size));
}

std::string make_digest(DigestScheme scheme, std::string_view password) {
    switch (scheme) {
        case DigestScheme::md5:
            return "{MD5}" + base64_encode(digest_of(EVP_md5(), password));
        case DigestScheme::md5raw:
            return "{MD5RAW}" + hex_of(digest_of(EVP_md5(), password));
        case DigestScheme::sha:
            return "{SHA}" + base64_encode(digest_of(EVP_sha1(), password));
        case DigestScheme::ssha:
            return make_salted_sha1(password);
        case DigestScheme::sha256:
            return "{SHA256}" + base64_encode(digest_of(EVP_sha256(), password));
        case DigestScheme::sha512:
            return "{SHA512}" + base64_encode(digest_of(EVP_sha512(), password));
    }
    throw std::invalid_argument("no such scheme");
}

std::string make_hmac_secret(HmacHash hash, std::string_view password) {
    HmacStates states = hmac_states_of(hash, password);
    std::string secret = hex_of(states.outer) + hex_of(states.inner);
    wipe(states.outer);
    wipe(states.inner);
    return secret;
}

}  // namespace postrider::auth
