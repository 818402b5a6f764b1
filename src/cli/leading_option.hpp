// Options of ours before the arguments that Courier's tools have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::cli {

/// "NAME VALUE" or "NAME=VALUE" at that place. Gives the number of arguments it takes; 0: not there.
inline std::size_t take_leading(std::string_view name, const std::vector<std::string>& arguments, std::size_t at,
                                std::string& value) {
    const std::string_view option = arguments[at];
    if (option == name && at + 1 < arguments.size()) {
        value = arguments[at + 1];
        return 2;
    }
    if (option.starts_with(name) && option.substr(name.size()).starts_with('=')) {
        value = option.substr(name.size() + 1);
        return 1;
    }
    return 0;
}

}  // namespace postrider::cli
