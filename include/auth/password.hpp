// Stored passwords: checking and making them. compat/auth.md section 4, compat/userdb.md section 6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// Whether the password is the one that `stored` was made from: crypt(3) forms, {CRYPT}, {MD5}, {MD5RAW}, {SHA},
/// {SSHA} (salt of any length), {SHA256}, {SHA512}; and {PLAIN}, ours, with the password itself. Whatever else `stored`
/// holds never matches. Slow on purpose: runs on the pool. Compares in constant time.
bool password_matches(std::string_view password, std::string_view stored);

/// The password in a {PLAIN} form. None: another form, or an empty password.
std::optional<std::string_view> clear_text_of(std::string_view stored);

/// Spends about the time of a check of a current hash and gives nothing: an unknown user costs what a known one does.
void spend_check_time(std::string_view password);

/// Overwrites a secret with zeros, also what lies behind its end, and empties it.
void wipe(std::string& text);

// make_*_crypt() throw std::invalid_argument for a password that crypt(3) refuses: over 511 bytes, or with a NUL.

/// $6$ (SHA-512 crypt) with a random salt.
std::string make_sha512_crypt(std::string_view password);
/// $1$ (MD5 crypt) with 8 random salt characters.
std::string make_md5_crypt(std::string_view password);
/// Traditional DES crypt with a random salt.
std::string make_des_crypt(std::string_view password);

enum class HmacHash { md5, sha1, sha256 };
/// The CRAM secret: outer then inner chaining state in lower-case hex.
std::string make_hmac_secret(HmacHash hash, std::string_view password);

}  // namespace postrider::auth
