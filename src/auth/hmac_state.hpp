// HMAC from stored states: what a hash holds after its first block is enough to go on, and the key is not needed again.
// RFC 2104 section 4, compat/auth.md section 5.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/password.hpp"

namespace postrider::auth {

/// The states after one block of key XOR 0x5C.. and of key XOR 0x36.., in the byte order of the hash's output.
struct HmacStates {
    std::string outer;
    std::string inner;
};

/// A key longer than a block (64 bytes) stands for its digest.
HmacStates hmac_states_of(HmacHash hash, std::string_view key);

/// From make_hmac_secret()'s form, in any case. None: another length, or no hex digits.
std::optional<HmacStates> read_hmac_states(HmacHash hash, std::string_view stored);

/// The HMAC of the text, as raw bytes. states: each as long as the hash's output.
std::string hmac_of(HmacHash hash, const HmacStates& states, std::string_view text);

/// Bytes of the hash's output.
std::size_t size_of(HmacHash hash);

}  // namespace postrider::auth
