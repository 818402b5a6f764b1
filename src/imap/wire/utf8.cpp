// UTF-8 one code point at a time. RFC 3629.
#include "imap/wire/utf8.hpp"

#include "core/text.hpp"

namespace postrider::imap::wire {

CodePoint first_code_point(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (length > text.size() || !is_utf8(text.substr(0, length))) {
        return {std::nullopt, 1};
    }
    char32_t value = lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    }
    return {value, length};
}

void append_utf8(std::string& out, char32_t point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
        return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    const auto mark = static_cast<char32_t>(0xF80u >> more) & 0xFFu;
    out += static_cast<char>(mark | (point >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) {
        out += static_cast<char>(0x80u | ((point >> (6 * i)) & 0x3Fu));
    }
}

}  // namespace postrider::imap::wire
