// A new password in the form of the old one. compat/auth.md section 4, "Re-hashing on change".
#pragma once

#include <string>
#include <string_view>

namespace postrider::auth {

/// What is stored for the new password: Courier's own forms are kept, as are SHA-512 crypt and yescrypt, with their
/// {CRYPT} where there was one; all others become {SSHA}, as with Courier. stored: not {PLAIN}. Throws as
/// make_sha512_crypt(). Slow on purpose: not on the loop.
std::string remake_password(std::string_view stored, std::string_view password);

}  // namespace postrider::auth
