// What is kept of a password for SCRAM, and its text form. RFC 5802 section 3, RFC 5803.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/scram.hpp"

namespace postrider::auth {

/// Raw bytes.
struct ScramSecret {
    std::string salt;
    std::uint32_t iterations = 0;
    std::string stored_key;
    std::string server_key;
};

inline constexpr std::size_t scram_salt_size = 16;

const EVP_MD* digest_of(ScramHash hash);

/// None: SASLprep refuses the password.
std::optional<ScramSecret> scram_secret_of(ScramHash hash, std::string_view password, std::string_view salt,
                                           std::uint32_t iterations);

/// make_scram_secret()'s form. None: another hash's, or malformed: base64 and sizes are checked.
std::optional<ScramSecret> read_scram_secret(ScramHash hash, std::string_view stored);
std::string print_scram_secret(ScramHash hash, const ScramSecret& secret);

}  // namespace postrider::auth
