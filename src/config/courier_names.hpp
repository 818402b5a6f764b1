// Names that Courier reads and this version does not: `config check` tells of them. compat/config.md sections 3-8.
#pragma once

#include <string_view>

namespace postrider::config {

struct CourierName {
    std::string_view name;
    std::string_view harmless;   ///< the value that asks for what this server does anyway; such a line gets no note
    std::string_view dangerous;  ///< a value that begins so (in any case) is refused: without it strangers could get in
};

/// nullptr when the name is not one of them.
const CourierName* courier_name(std::string_view name);

}  // namespace postrider::config
