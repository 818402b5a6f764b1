#include "auth/gate.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::auth {

std::string claimed_name(std::string_view user) {
    constexpr std::size_t most = 900;  // so that the line stays below 1024 bytes
    std::string safe = log_safe(user, most);
    std::ranges::replace_if(
        safe, [](char c) { return c == ',' || static_cast<unsigned char>(c) > 126; }, '.');
    return safe;
}

}  // namespace postrider::auth
