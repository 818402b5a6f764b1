// Base64 and quoted-printable, in pieces. RFC 2045 sections 6.7 and 6.8.
#include "mime/transfer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "mime/hex.hpp"

namespace postrider::mime {

namespace {

/// 0-63, or -1 for what is no digit of base64.
constexpr std::array<std::int8_t, 256> digit_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}();

int digit_value(char c) {
    return digit_values[static_cast<unsigned char>(c)];
}

char* put(char* to, std::uint32_t bits) {
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
    return to;
}

}  // namespace

void Base64Stream::feed(std::string_view bytes, std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + bytes.size() / 4 * 3 + 6);
    char* to = out.data() + before;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end) {
        while (digits_ == 0 && end - at >= 4) {
            const int a = digit_value(at[0]);
            const int b = digit_value(at[1]);
            const int c = digit_value(at[2]);
            const int d = digit_value(at[3]);
            if ((a | b | c | d) < 0) {
                break;
            }
            to = put(to, static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d));
            at += 4;
        }
        if (at == end) {
            break;
        }
        const char next = *at++;
        if (const int value = digit_value(next); value >= 0) {
            bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
            if (++digits_ == 4) {
                to = put(to, bits_);
                digits_ = 0;
            }
        } else if (next == '=') {
            std::string last;
            finish(last);
            to = std::copy(last.begin(), last.end(), to);
        }
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
}

void Base64Stream::finish(std::string& out) {
    if (digits_ >= 2) {
        out += static_cast<char>(bits_ >> (digits_ == 2 ? 4 : 10));
    }
    if (digits_ == 3) {
        out += static_cast<char>(bits_ >> 2);
    }
    digits_ = 0;
}

void QuotedPrintableStream::feed(std::string_view bytes, std::string& out) {
    while (!bytes.empty()) {
        if (after_ != After::text) {
            escape(bytes.front(), out);
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t equals = std::min(bytes.find('='), bytes.size());
        out += bytes.substr(0, equals);
        bytes.remove_prefix(equals);
        if (bytes.empty()) {
            return;
        }
        if (const auto byte = hex_byte(bytes.substr(1))) {  // mostly
            out += *byte;
            bytes.remove_prefix(3);
        } else {
            after_ = After::equals;
            bytes.remove_prefix(1);
        }
    }
}

void QuotedPrintableStream::escape(char c, std::string& out) {
    if (after_ == After::equals && hex_digit(c) >= 0) {
        after_ = After::equals_digit;
        digit_ = c;
        return;
    }
    if (after_ == After::equals_digit && hex_digit(c) >= 0) {
        out += static_cast<char>(hex_digit(digit_) * 16 + hex_digit(c));
        after_ = After::text;
        return;
    }
    if (after_ != After::equals_digit) {
        if (c == '\n') {
            after_ = After::text;
            return;
        }
        if (c == ' ' || c == '\t' || c == '\r') {
            after_ = After::equals_blanks;
            return;
        }
    }
    finish(out);
    if (c == '=') {
        after_ = After::equals;
    } else {
        out += c;
    }
}

void QuotedPrintableStream::finish(std::string& out) {
    switch (after_) {
        case After::text:
            return;
        case After::equals:
            out += '=';
            break;
        case After::equals_digit:
            out += '=';
            out += digit_;
            break;
        case After::equals_blanks:
            out += "= ";
            break;
    }
    after_ = After::text;
}

}  // namespace postrider::mime
