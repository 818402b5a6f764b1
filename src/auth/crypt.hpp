// crypt(3), digests and random bytes as values: what the files here share.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// crypt(3) of the password with a setting, or with a whole stored hash. None: the setting is not one that this
/// system knows, or the password holds a NUL or is longer than crypt(3) takes (511 bytes).
std::optional<std::string> crypt_password(std::string_view password, std::string_view setting);

/// The raw digest of two texts, one behind the other.
std::string digest_of(const EVP_MD* hash, std::string_view text, std::string_view more = {});

/// RFC 2104.
std::string hmac_of(const EVP_MD* hash, std::string_view key, std::string_view text);

/// Throws std::runtime_error where there are none.
std::string random_bytes(std::size_t size);

/// In lower case.
std::string hex_of(std::string_view bytes);
/// Digits in any case. None: something else, or an odd number of them.
std::optional<std::string> bytes_of_hex(std::string_view hex);

/// The time taken depends on the sizes alone.
bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace postrider::auth
