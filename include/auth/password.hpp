// Stored passwords: checking and making them. compat/auth.md section 4, compat/userdb.md section 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// Whether the password is the one that `stored` was made from: crypt(3) forms, {CRYPT}, {MD5}, {MD5RAW}, {SHA},
/// {SHA256}, {SHA512}, {SSHA}, {SSHA256}, {SSHA512} (salts of any length), $argon2...$ bare or behind {ARGON2},
/// {ARGON2I}, {ARGON2ID} (up to limits::argon2_memory_kib and argon2_work_kib); and {PLAIN}, ours, with the password
/// itself. Whatever else `stored` holds never matches. Slow on purpose: runs on the pool. Compares in constant time.
bool password_matches(std::string_view password, std::string_view stored);

/// The password in a {PLAIN} form. None: another form, or an empty password.
std::optional<std::string_view> clear_text_of(std::string_view stored);

/// Spends about the time of a check of a current hash and gives nothing: an unknown user costs what a known one does.
void spend_check_time(std::string_view password);

/// Overwrites a secret with zeros, also what lies behind its end, and empties it.
void wipe(std::string& text);

// What is made by crypt(3) throws std::invalid_argument for a password that it refuses: over 511 bytes, or with a NUL.

/// $y$ (yescrypt) with a random salt and libxcrypt's cost.
std::string make_yescrypt(std::string_view password);
/// $6$ (SHA-512 crypt) with a random salt.
std::string make_sha512_crypt(std::string_view password);
/// $1$ (MD5 crypt) with random salt characters, 8 at most; Courier's authpasswd takes 5.
std::string make_md5_crypt(std::string_view password, std::size_t salt_size = 8);

/// {MD5}, {MD5RAW}, {SHA}, {SSHA} with 4 bytes of salt (Courier reads no other size), {SHA256}, {SHA512}: what
/// Courier's authpasswd makes by these names. compat/auth.md section 8.3.
enum class DigestScheme : std::uint8_t { md5, md5raw, sha, ssha, sha256, sha512 };
std::string make_digest(DigestScheme scheme, std::string_view password);

enum class HmacHash : std::uint8_t { md5, sha1, sha256 };
/// The CRAM secret: outer then inner chaining state in lower-case hex.
std::string make_hmac_secret(HmacHash hash, std::string_view password);

}  // namespace postrider::auth
