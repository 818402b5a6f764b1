#include "config/syntax.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::config {

std::optional<FileSyntaxError> unreadable_text(std::string_view text) {
    if (text.size() > settings_bytes) {
        return FileSyntaxError{.line = 1, .reason = "the file is larger than 1 MiB"};
    }
    const auto at = text.find_first_of(std::string_view("\0\r", 2));
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
    if (text[at] == '\0') {
        return FileSyntaxError{.line = line, .reason = "NUL byte: this is not a text file"};
    }
    return FileSyntaxError{.line = line, .reason = "carriage return: lines must end in LF alone, not in CR LF"};
}

std::string shell_quoted(std::string_view value) {
    const auto plain = [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
               std::string_view("@%_+=:,./-").find(c) != std::string_view::npos;
    };
    if (std::ranges::all_of(value, plain)) {
        return std::string(value);
    }
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace postrider::config
