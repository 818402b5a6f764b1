// What reading and writing of this protocol's text share.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "auth/password.hpp"
#include "core/text.hpp"

namespace postrider::auth::daemon {

/// Takes the next line and its end off the front. None: there is no line end.
inline std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

/// Takes what stands before the separator, and the separator; without one, all.
inline std::string_view take_field(std::string_view& text, char separator) {
    const auto end = std::min(text.find(separator), text.size());
    const auto field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return field;
}

/// Whether the text can stand in any field: there is something, and nothing in it ends a line or a string.
inline bool is_field(std::string_view text) {
    return !text.empty() && std::ranges::none_of(text, is_control);
}

struct CramMethod {
    std::string_view name;
    HmacHash hash;
};
inline constexpr std::array cram_methods{
    CramMethod{"cram-md5", HmacHash::md5},
    CramMethod{"cram-sha1", HmacHash::sha1},
    CramMethod{"cram-sha256", HmacHash::sha256},
};

}  // namespace postrider::auth::daemon
