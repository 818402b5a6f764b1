// The form in which search compares text. Unicode NFKC_Casefold by ICU; ASCII and simple characters by tables.
// Normalization may begin anew before most characters, all of ASCII among them. What came since the last such place
// is held back, because what follows may combine with it.
#include "mime/search_form.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <array>
#include <stdexcept>

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/fold_table.hpp"
#include "mime/utf8.hpp"

namespace postrider::mime {

namespace {

/// A heap of combining marks longer than this is folded in pieces: memory stays flat.
constexpr std::size_t cluster_bytes = 1024;

constexpr std::array<char, 256> folded = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const char c = static_cast<char>(i);
        table[i] = (c >= '\t' && c <= '\r') ? ' ' : to_lower(c);
    }
    return table;
}();

/// Appends text that is folded but for ASCII case and blanks. blank: whether the text before ended with one; gives
/// the same for the text after.
bool append_folded(std::string_view text, bool blank, std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + text.size() + 1);
    char* to = out.data() + before;
    for (const char c : text) {
        const char fold = folded[static_cast<unsigned char>(c)];
        const bool is_space = fold == ' ';
        *to = fold;
        to += is_space && blank ? 0 : 1;
        blank = is_space;
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
    return blank;
}

std::string normalized(std::string_view text) {
    UErrorCode error = U_ZERO_ERROR;
    std::string result;
    icu::StringByteSink<std::string> sink(&result, static_cast<std::int32_t>(text.size()));
    const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
    if (U_SUCCESS(error)) {
        normalizer->normalizeUTF8(0, piece, sink, nullptr, error);
    }
    if (U_FAILURE(error)) {
        throw std::runtime_error("ICU could not normalize");
    }
    return result;
}

/// The white space that NFKC leaves as it is, when something combines with it: U+0085, U+1680, U+2028, U+2029.
std::size_t wide_space_length(std::string_view text) {
    for (const std::string_view space : {"\xC2\x85", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
        if (text.starts_with(space)) {
            return space.size();
        }
    }
    return 0;
}

}  // namespace

void SearchFolder::feed(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const bool is_ascii = static_cast<unsigned char>(text.front()) < 0x80;
        text.remove_prefix(is_ascii ? feed_ascii(text, out) : feed_character(text, out));
    }
}

/// Takes the ASCII text at the beginning; its last character is held. Gives its length.
std::size_t SearchFolder::feed_ascii(std::string_view text, std::string& out) {
    settle(out);
    const std::size_t length = ascii_prefix(text);
    blank_ = append_folded(text.substr(0, length - 1), blank_, out);
    held_ = text[length - 1];
    simple_ = static_cast<unsigned char>(folded[static_cast<unsigned char>(held_.front())]);
    return length;
}

/// Takes one character. Gives its length.
std::size_t SearchFolder::feed_character(std::string_view text, std::string& out) {
    constexpr std::int32_t replacement = 0xFFFD;
    const Utf8Character character = utf8_character(text);
    const std::int32_t point = character.point < 0 ? replacement : character.point;
    const std::uint16_t simple = simple_fold(point);
    const bool begins = simple != 0 || may_begin(point);
    if (begins || held_.size() >= cluster_bytes) {
        settle(out);
    }
    simple_ = held_.empty() ? simple : std::uint16_t{0};
    append_utf8(point, held_);
    return character.length;
}

/// Folds what is held.
void SearchFolder::settle(std::string& out) {
    if (held_.empty()) {
        return;
    }
    if (simple_ == ' ') {
        out.append(blank_ ? 0 : 1, ' ');
        blank_ = true;
    } else if (simple_ != 0) {
        append_utf8(simple_, out);
        blank_ = false;
    } else {
        std::string text = normalized(held_);
        if (const std::size_t space = wide_space_length(text)) {
            text.replace(0, space, " ");
        }
        blank_ = append_folded(text, blank_, out);
    }
    held_.clear();
}

std::string search_form(std::string_view utf8) {
    std::string out;
    SearchFolder folder;
    folder.feed(utf8, out);
    folder.finish(out);
    return out;
}

}  // namespace postrider::mime
