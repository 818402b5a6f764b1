// The version of the program, as the build gives it.
#pragma once

#include <string_view>

namespace postrider {

inline constexpr std::string_view version = POSTRIDER_VERSION;

}  // namespace postrider
