// Two hexadecimal digits as one byte: quoted-printable, the Q encoding, RFC 2231.
#pragma once

#include <optional>
#include <string_view>

namespace postrider::mime {

/// 0-15, or -1.
constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The byte that the first two characters stand for.
constexpr std::optional<char> hex_byte(std::string_view text) {
    if (text.size() < 2 || hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0) {
        return std::nullopt;
    }
    return static_cast<char>(hex_digit(text[0]) * 16 + hex_digit(text[1]));
}

}  // namespace postrider::mime
