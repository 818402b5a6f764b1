// UTF-8 one code point at a time. RFC 3629.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::imap::wire {

/// value: none when the bytes are no UTF-8; then length is 1.
struct CodePoint {
    std::optional<char32_t> value;
    std::size_t length = 1;
};

/// What a text, not empty, begins with.
CodePoint first_code_point(std::string_view text);

/// point: a Unicode scalar value.
void append_utf8(std::string& out, char32_t point);

}  // namespace postrider::imap::wire
