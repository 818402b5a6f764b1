// How user names and passwords are prepared before they are compared or hashed. RFC 4013.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::auth {

enum class Unassigned : std::uint8_t {
    allowed,     ///< in what is asked for: RFC 3454 section 7, "query"
    prohibited,  ///< in what is kept
};

/// None: not UTF-8, nothing left, or with characters that are prohibited (control characters are).
std::optional<std::string> saslprep(std::string_view text, Unassigned unassigned);

}  // namespace postrider::auth
