// Cleans header text and puts its 8-bit words into encoded words. RFC 2047 sections 4.2, 5 and 6.2.
#include "imap/wire/header_text.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "imap/wire/utf8.hpp"

namespace postrider::imap::wire {

namespace {

constexpr std::string_view word_begin = "=?utf-8?Q?";
constexpr std::string_view word_end = "?=";
constexpr std::size_t word_bytes = 75;

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_no_blank(char c) {
    return !is_blank(c);
}

/// Takes the bytes that fit off the beginning of text.
std::string_view take_while(std::string_view& text, bool (*fits)(char)) {
    const auto length = static_cast<std::size_t>(std::ranges::find_if_not(text, fits) - text.begin());
    const auto taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
}

std::string clean(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto [point, length] = first_code_point(text);
        if (point && *point != '\0' && *point != '\r' && *point != '\n') {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out;
}

/// RFC 2047 section 5 (3): what may stand for itself also in the name of an address.
bool is_plain(char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '!' || c == '*' || c == '+' || c == '-' ||
           c == '/';
}

void append_q(std::string& out, std::string_view character) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    for (const char c : character) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain(c)) {
            out += c;
        } else if (c == ' ') {
            out += '_';
        } else {
            out += {'=', hex[byte >> 4], hex[byte & 15]};
        }
    }
}

/// text as encoded words, none longer than RFC 2047 allows, none with part of a character.
void append_encoded(std::string& out, std::string_view text) {
    std::string inside;
    std::string character;
    out += word_begin;
    while (!text.empty()) {
        const auto length = first_code_point(text).length;
        character.clear();
        append_q(character, text.substr(0, length));
        if (word_begin.size() + inside.size() + character.size() + word_end.size() > word_bytes) {
            out.append(inside).append(word_end).append(" ").append(word_begin);
            inside.clear();
        }
        inside += character;
        text.remove_prefix(length);
    }
    out.append(inside).append(word_end);
}

/// The blanks between two encoded words do not count (RFC 2047 section 6.2), so there they are encoded too.
std::string encoded(std::string_view text) {
    enum class Last { plain, encoded_before, encoded_here };
    std::string out;
    auto last = Last::plain;
    while (!text.empty()) {
        const auto from_here = text;
        const auto blanks = take_while(text, is_blank);
        const auto word = take_while(text, is_no_blank);
        const bool encoded_before = word.starts_with("=?") && word.ends_with("?=");
        if (!is_ascii(word)) {
            const bool joined = last != Last::plain;
            out += joined ? " " : blanks;
            append_encoded(out, joined ? from_here.substr(0, blanks.size() + word.size()) : word);
            last = Last::encoded_here;
            continue;
        }
        if (encoded_before && last == Last::encoded_here) {
            out += ' ';
            append_encoded(out, blanks);
            out += ' ';
        } else {
            out += blanks;
        }
        out += word;
        last = encoded_before ? Last::encoded_before : Last::plain;
    }
    return out;
}

}  // namespace

std::string header_text(std::string_view text, bool utf8) {
    std::string line = clean(text);
    return utf8 || is_ascii(line) ? line : encoded(line);
}

}  // namespace postrider::imap::wire
