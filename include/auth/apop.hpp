// APOP: a password is proved and does not cross the wire. RFC 1939 section 7.
#pragma once

#include <string>
#include <string_view>

namespace postrider::auth {

/// What a greeting challenges with: "<32 hex digits@postrider>", at no time the same. Throws std::runtime_error where
/// there are no random numbers.
std::string make_apop_timestamp();

/// Whether the text is what a client can answer with: 32 hex digits.
bool is_apop_digest(std::string_view text);

/// Whether the digest is the one of timestamp and password. stored: {PLAIN} and the password; no other form tells it,
/// and none matches.
bool apop_matches(std::string_view digest, std::string_view timestamp, std::string_view stored);

}  // namespace postrider::auth
