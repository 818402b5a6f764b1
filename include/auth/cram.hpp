// CRAM-MD5, CRAM-SHA1, CRAM-SHA256: a password is proved by a HMAC of the server's challenge. RFC 2195,
// compat/auth.md section 5.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"

namespace postrider::auth {

/// What a client offers to prove who it is, for those who know the account's secret.
struct CramProof {
    HmacHash hash = HmacHash::md5;
    std::string user;
    std::string challenge;
    std::string digest;  ///< hex, lower case, as long as the hash's output
};

/// "<32 upper-case hex digits@host>", at no time the same. Throws std::runtime_error where there are no random numbers.
std::string make_cram_challenge(std::string_view host);

/// response: user, blank, hex digits in any case; the last blank counts, since names may hold some. None: malformed,
/// also a user that is empty, over limits::credential_bytes or with control characters.
std::optional<CramProof> parse_cram_response(HmacHash hash, std::string_view challenge, std::string_view response);

/// stored: what make_hmac_secret() gives, or {PLAIN} and the password. Whatever else it holds never matches, and takes
/// as long.
bool cram_matches(const CramProof& proof, std::string_view stored);

}  // namespace postrider::auth
