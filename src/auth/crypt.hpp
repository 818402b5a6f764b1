// crypt(3) and message digests as values; what password.cpp and make_password.cpp share.
#pragma once

#include <openssl/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

/// crypt(3) of the password with a setting, or with a whole stored hash. None: the setting is not one that this
/// system knows, or the password holds a NUL or is longer than crypt(3) takes (511 bytes).
std::optional<std::string> crypt_password(std::string_view password, std::string_view setting);

/// The raw digest of two texts, one behind the other.
std::string digest_of(const EVP_MD* hash, std::string_view text, std::string_view more = {});

/// In lower case.
std::string hex_of(std::string_view bytes);

/// The time taken depends on the sizes alone.
bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace postrider::auth
