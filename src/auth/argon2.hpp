// Argon2 hashes in their usual text form. RFC 9106.
#pragma once

#include <string_view>

namespace postrider::auth {

/// encoded: "$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH", also argon2i and argon2d, and without the version (1.0). What
/// asks for more than limits::argon2_memory_kib or argon2_work_kib never matches and costs nothing, nor does what is
/// malformed.
bool argon2_matches(std::string_view password, std::string_view encoded);

}  // namespace postrider::auth
