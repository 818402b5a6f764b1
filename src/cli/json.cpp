#include "cli/json.hpp"

#include "core/text.hpp"

namespace postrider::cli {

namespace {

void append_escape(std::string& out, unsigned char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u00";
    out += digits[c >> 4];
    out += digits[c & 15];
}

}  // namespace

std::string json_string(std::string_view text) {
    const bool utf8 = is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (is_control(c) || (!utf8 && static_cast<unsigned char>(c) >= 0x80)) {
            append_escape(out, static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace postrider::cli
