// Modified UTF-7. RFC 3501 section 5.1.3: printable ASCII stands for itself, "&-" for "&", and "&...-" holds UTF-16
// in base64 with "," for "/" and without padding.
#include "imap/wire/mailbox_name.hpp"

#include <array>
#include <cstdint>

#include "core/text.hpp"
#include "imap/wire/utf8.hpp"

namespace postrider::imap::wire {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr auto values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

bool is_direct(char32_t point) {
    return point >= 0x20 && point <= 0x7E;
}

bool is_high_surrogate(char32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(char32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// Puts UTF-16 units together. Null: fine so far; else what is wrong.
class Units {
public:
    const char* add(char32_t unit, std::string& out) {
        if (high_ != 0) {
            if (!is_low_surrogate(unit)) {
                return "a surrogate stands alone";
            }
            append_utf8(out, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
            high_ = 0;
            return nullptr;
        }
        if (is_high_surrogate(unit)) {
            high_ = unit;
            return nullptr;
        }
        if (is_low_surrogate(unit)) {
            return "a surrogate stands alone";
        }
        if (unit < 0x80) {
            return is_direct(unit) ? "printable ASCII must not be in base64" : "control character";
        }
        append_utf8(out, unit);
        return nullptr;
    }

    bool complete() const { return high_ == 0; }

private:
    char32_t high_ = 0;
};

/// The inside of "&...-", which begins at `at`. The cursor moves to the "-". Null: appended; else what is wrong there.
const char* decode_shift(std::string_view wire, std::size_t& at, std::string& out) {
    Units units;
    std::uint32_t bits = 0;
    int count = 0;
    for (; at < wire.size() && wire[at] != '-'; ++at) {
        const int value = values[static_cast<unsigned char>(wire[at])];
        if (value < 0) {
            return "not base64";
        }
        bits = ((bits << 6) | static_cast<std::uint32_t>(value)) & 0x3FFFFF;
        count += 6;
        if (count >= 16) {
            count -= 16;
            if (const char* wrong = units.add((bits >> count) & 0xFFFF, out)) {
                return wrong;
            }
        }
    }
    if (at == wire.size()) {
        return "the shift has no end";
    }
    if (count >= 6 || (bits & ((1u << count) - 1)) != 0) {
        return "superfluous base64";
    }
    return units.complete() ? nullptr : "a surrogate stands alone";
}

void append_base64(std::string& out, std::u16string_view units) {
    std::uint32_t bits = 0;
    int count = 0;
    for (const char16_t unit : units) {
        bits = (bits << 16) | unit;
        for (count += 16; count >= 6; count -= 6) {
            out += alphabet[(bits >> (count - 6)) & 63];
        }
    }
    if (count > 0) {
        out += alphabet[(bits << (6 - count)) & 63];
    }
}

void append_utf16(std::u16string& out, char32_t point) {
    if (point < 0x10000) {
        out += static_cast<char16_t>(point);
        return;
    }
    out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
    out += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
}

}  // namespace

Parsed<std::string> decode_mailbox_name(std::string_view wire) {
    std::string out;
    bool shift_just_ended = false;
    for (std::size_t at = 0; at < wire.size(); ++at) {
        if (!is_direct(static_cast<unsigned char>(wire[at]))) {
            return SyntaxError{at, "mailbox names are printable ASCII, the rest in modified UTF-7"};
        }
        if (wire[at] != '&') {
            out += wire[at];
            shift_just_ended = false;
            continue;
        }
        ++at;
        if (at < wire.size() && wire[at] == '-') {
            out += '&';
            shift_just_ended = false;
            continue;
        }
        if (shift_just_ended) {
            return SyntaxError{at - 1, "modified UTF-7: adjacent shifts"};
        }
        if (const char* wrong = decode_shift(wire, at, out)) {
            return SyntaxError{at, std::string("modified UTF-7: ") + wrong};
        }
        shift_just_ended = true;
    }
    return out;
}

std::string encode_mailbox_name(std::string_view utf8) {
    std::string out;
    std::u16string shifted;
    const auto end_shift = [&] {
        if (!shifted.empty()) {
            out += '&';
            append_base64(out, shifted);
            out += '-';
            shifted.clear();
        }
    };
    while (!utf8.empty()) {
        const auto [point, length] = first_code_point(utf8);
        const char32_t value = point.value_or(0xFFFD);
        if (is_direct(value)) {
            end_shift();
            out += static_cast<char>(value);
            if (value == '&') {
                out += '-';
            }
        } else {
            append_utf16(shifted, value);
        }
        utf8.remove_prefix(length);
    }
    end_shift();
    return out;
}

}  // namespace postrider::imap::wire
