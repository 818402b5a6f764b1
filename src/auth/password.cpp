// Checking passwords against what is stored. compat/auth.md section 4.
#include "auth/password.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "auth/argon2.hpp"
#include "auth/crypt.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

bool matches_crypt(std::string_view password, std::string_view stored) {
    auto made = crypt_password(password, stored);
    return made && is_same_secret(*made, stored);
}

template <const EVP_MD* (*hash)()>
bool matches_base64(std::string_view password, std::string_view stored) {
    return is_same_secret(base64_encode(digest_of(hash(), password)), stored);
}

bool matches_md5_hex(std::string_view password, std::string_view stored) {
    return is_same_secret(hex_of(digest_of(EVP_md5(), password)), stored);
}

/// The digest of password and salt, with the salt behind it.
template <const EVP_MD* (*hash)()>
bool matches_salted(std::string_view password, std::string_view stored) {
    const auto digest_size = static_cast<std::size_t>(EVP_MD_get_size(hash()));
    const auto bytes = base64_decode(stored);
    if (!bytes || bytes->size() < digest_size) {
        return false;
    }
    const auto salt = std::string_view(*bytes).substr(digest_size);
    return is_same_secret(digest_of(hash(), password, salt), std::string_view(*bytes).substr(0, digest_size));
}

struct Scheme {
    std::string_view prefix;  ///< in any case
    bool (*matches)(std::string_view password, std::string_view rest);
};

/// An empty one opens nothing.
bool matches_clear_text(std::string_view password, std::string_view stored) {
    return !stored.empty() && is_same_secret(password, stored);
}

constexpr std::string_view clear_text_prefix = "{PLAIN}";

constexpr std::array schemes{
    Scheme{"{ARGON2}", argon2_matches},
    Scheme{"{ARGON2I}", argon2_matches},
    Scheme{"{ARGON2ID}", argon2_matches},
    Scheme{"{CRYPT}", matches_crypt},
    Scheme{"{MD5}", matches_base64<EVP_md5>},
    Scheme{"{MD5RAW}", matches_md5_hex},
    Scheme{clear_text_prefix, matches_clear_text},
    Scheme{"{SHA}", matches_base64<EVP_sha1>},
    Scheme{"{SHA256}", matches_base64<EVP_sha256>},
    Scheme{"{SHA512}", matches_base64<EVP_sha512>},
    Scheme{"{SSHA}", matches_salted<EVP_sha1>},
    Scheme{"{SSHA256}", matches_salted<EVP_sha256>},
    Scheme{"{SSHA512}", matches_salted<EVP_sha512>},
};

}  // namespace

bool password_matches(std::string_view password, std::string_view stored) {
    const auto scheme =
        std::ranges::find_if(schemes, [stored](const auto& known) { return istarts_with(stored, known.prefix); });
    if (scheme == schemes.end()) {
        return stored.starts_with("$argon2") ? argon2_matches(password, stored) : matches_crypt(password, stored);
    }
    return scheme->matches(password, stored.substr(scheme->prefix.size()));
}

std::optional<std::string_view> clear_text_of(std::string_view stored) {
    if (!istarts_with(stored, clear_text_prefix) || stored.size() == clear_text_prefix.size()) {
        return std::nullopt;
    }
    return stored.substr(clear_text_prefix.size());
}

void spend_check_time(std::string_view password) {
    static_cast<void>(crypt_password(password, "$y$j9T$KcPz.ynX0jP2hVQdKcPz.0"));
}

}  // namespace postrider::auth
