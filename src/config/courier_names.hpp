// Names that Courier reads and this version does not: `config check` tells of them. compat/config.md sections 3-8.
#pragma once

#include <span>
#include <string_view>

namespace postrider::config {

struct CourierName {
    std::string_view name;
    std::string_view harmless;  ///< the value, or with "|" the values, that ask for what this server does anyway

    /// Such a line gets no note.
    bool asks_for_ours(std::string_view value) const;
};

/// nullptr when the name is not one of them.
const CourierName* courier_name(std::string_view name);

/// A value without which strangers could get in; so it is refused instead of left out.
struct DangerousValue {
    std::string_view name;
    std::string_view word;    ///< a word of the value that begins so, in any case
    std::string_view advice;  ///< what to do instead
};

std::span<const DangerousValue> dangerous_values();

}  // namespace postrider::config
