// What no user name and no password may be, whatever the mechanism.
#pragma once

#include <algorithm>
#include <string_view>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

/// Why a user name, and a password where there is one, cannot be taken; "" when they can.
inline std::string_view fault_of(std::string_view user, std::string_view password = {}) {
    if (user.size() > limits::credential_bytes || password.size() > limits::credential_bytes) {
        return "user name or password too long";
    }
    if (std::ranges::any_of(user, is_control) || std::ranges::any_of(password, is_control)) {
        return "control character in user name or password";
    }
    return {};
}

}  // namespace postrider::auth
