#include "auth/remake_password.hpp"

#include <algorithm>
#include <array>

#include "auth/password.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

constexpr std::size_t courier_salt_size = 5;

std::string md5_crypt(std::string_view password) {
    return make_md5_crypt(password, courier_salt_size);
}

template <DigestScheme scheme>
std::string digest(std::string_view password) {
    return make_digest(scheme, password);
}

struct Form {
    std::string_view prefix;
    std::string (*make)(std::string_view password);
};

constexpr std::array digests{
    Form{"{MD5}", digest<DigestScheme::md5>},       Form{"{MD5RAW}", digest<DigestScheme::md5raw>},
    Form{"{SHA}", digest<DigestScheme::sha>},       Form{"{SHA256}", digest<DigestScheme::sha256>},
    Form{"{SHA512}", digest<DigestScheme::sha512>},
};

// Forms that we do not make, or no more, become one that is not weaker.
constexpr std::array crypts{
    Form{"$1$", md5_crypt},     Form{"$5$", make_sha512_crypt}, Form{"$6$", make_sha512_crypt},
    Form{"$y$", make_yescrypt}, Form{"$gy$", make_yescrypt},    Form{"$7$", make_yescrypt},
    Form{"$2", make_yescrypt},  Form{"$argon2", make_yescrypt},
};

/// Behind {CRYPT}, as directories know it.
constexpr std::array<std::string_view, 3> strong_digests{"{SSHA256}", "{SSHA512}", "{ARGON2"};

}  // namespace

std::string remake_password(std::string_view stored, std::string_view password) {
    for (const Form& form : digests) {
        if (istarts_with(stored, form.prefix)) {
            return form.make(password);
        }
    }
    constexpr std::string_view crypt_prefix = "{CRYPT}";
    if (std::ranges::any_of(strong_digests, [stored](auto prefix) { return istarts_with(stored, prefix); })) {
        return std::string(crypt_prefix) + make_yescrypt(password);
    }
    const bool has_prefix = istarts_with(stored, crypt_prefix);
    const auto hash = has_prefix ? stored.substr(crypt_prefix.size()) : stored;
    const auto form = std::ranges::find_if(crypts, [hash](const Form& one) { return hash.starts_with(one.prefix); });
    if (form == crypts.end()) {
        return make_digest(DigestScheme::ssha, password);
    }
    return (has_prefix ? std::string(crypt_prefix) : "") + form->make(password);
}

}  // namespace postrider::auth
