// Single characters of UTF-8: out of text that may be wrong or cut, and into text. RFC 3629.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::mime {

struct Utf8Character {
    std::int32_t point = -1;  ///< -1: the bytes are no character
    std::size_t length = 0;   ///< of the character, or of what one U+FFFD stands for (Unicode section 3.9)
    bool is_cut = false;      ///< wrong only because the text ends
};

/// The character at the beginning of the text, which is not empty.
constexpr Utf8Character utf8_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return {static_cast<std::int32_t>(lead), 1};
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return {-1, 1};
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    unsigned point = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (i == text.size()) {
            return {-1, i, true};
        }
        if (byte(i) < least || byte(i) > most) {
            return {-1, i};
        }
        point = point << 6 | (byte(i) & 0x3FU);
        least = 0x80;
        most = 0xBF;
    }
    return {static_cast<std::int32_t>(point), length};
}

/// Appends the character, which is no surrogate.
inline void append_utf8(std::int32_t point, std::string& out) {
    const auto trail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6));
        trail(0);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0 | (point >> 12));
        trail(6);
        trail(0);
    } else {
        out += static_cast<char>(0xF0 | (point >> 18));
        trail(12);
        trail(6);
        trail(0);
    }
}

}  // namespace postrider::mime
