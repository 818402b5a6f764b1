// Small pure helpers for protocol text: ASCII case, numbers in their exact range, blanks, one-line log text.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace postrider {

/// ASCII only; bytes above 127 stay.
constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char to_upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Control characters: 0-31 and 127.
constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string lower(std::string_view text);
std::string upper(std::string_view text);

/// Equal but for ASCII case.
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);

/// The whole text as a decimal number of exactly T's range: no sign, no blank, nothing behind it, not empty.
template <std::unsigned_integral T>
std::optional<T> parse_decimal(std::string_view text) {
    T value = 0;
    if (text.empty() || !is_digit(text.front())) {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// Without blanks, tabs, CR and LF at both ends.
std::string_view trimmed(std::string_view text);

/// Client text made safe for one log line: control characters become '.', at most `most` bytes.
std::string log_safe(std::string_view text, std::size_t most = 1024);

/// Well-formed UTF-8 without surrogates or overlong forms (RFC 3629).
bool is_utf8(std::string_view text);

/// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);
/// Strict: padding in its place, no other characters, no blanks. None when the text is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace postrider
