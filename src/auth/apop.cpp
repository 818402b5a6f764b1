#include "auth/apop.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "auth/crypt.hpp"
#include "auth/password.hpp"
#include "core/text.hpp"

namespace postrider::auth {

std::string make_apop_timestamp() {
    return "<" + hex_of(random_bytes(16)) + "@postrider>";
}

bool is_apop_digest(std::string_view text) {
    constexpr std::size_t digits = 32;  // of MD5
    return text.size() == digits &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); });
}

bool apop_matches(std::string_view digest, std::string_view timestamp, std::string_view stored) {
    const auto password = clear_text_of(stored);
    return password && is_same_secret(lower(digest), hex_of(digest_of(EVP_md5(), timestamp, *password)));
}

}  // namespace postrider::auth
