// The form in which search compares text. Unicode NFKC_Casefold by ICU; ASCII and simple characters by tables.
// Normalization may begin anew before most characters, all of ASCII among them. What came since the last such place
// is held back, because what follows may combine with it.
#include "mime/search_form.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/fold_table.hpp"
#include "mime/utf8.hpp"

namespace postrider::mime {

namespace {

/// A heap of combining marks longer than this is folded in pieces: memory stays flat.
constexpr std::size_t cluster_bytes = 1024;

constexpr bool is_space(char c) {
    return (c == ' ') | (static_cast<unsigned char>(c - '\t') < 5);
}

constexpr char folded(char c) {
    const bool is_upper = static_cast<unsigned char>(c - 'A') < 26;
    const char lowered = static_cast<char>(c + (is_upper ? 'a' - 'A' : 0));
    return is_space(c) ? ' ' : lowered;
}

constexpr std::array<char, 256> folded_bytes = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = folded(static_cast<char>(i));
    }
    return table;
}();

/// Bytes looked at together; the loops over them have no branches, so that the compiler takes many bytes at once.
constexpr std::size_t block_bytes = 32;

/// Whether a blank follows a blank, the first of which may stand before the block: from[-1] can be read.
bool has_run(const char* from) {
    const auto space_at = [from](std::ptrdiff_t i) { return static_cast<unsigned char>(is_space(from[i])); };
    unsigned char pairs = 0;
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(block_bytes); ++i) {
        pairs |= static_cast<unsigned char>(space_at(i) & space_at(i - 1));
    }
    return pairs != 0;
}

char* fold_block(const char* from, char* to) {
    std::array<char, block_bytes> block;
    for (std::size_t i = 0; i < block_bytes; ++i) {
        block.data()[i] = folded(from[i]);
    }
    return std::copy(block.begin(), block.end(), to);
}

/// Gives where the text in `to` ends. blank: as below.
char* squeeze(std::string_view text, bool blank, char* to) {
    for (const char c : text) {
        *to = folded_bytes[static_cast<unsigned char>(c)];
        const bool is_blank = *to == ' ';
        to += is_blank && blank ? 0 : 1;
        blank = is_blank;
    }
    return to;
}

/// Appends text that is folded but for ASCII case and blanks. blank: whether the text before ended with one; gives
/// the same for the text after.
bool append_folded(std::string_view text, bool blank, std::string& out) {
    if (text.empty()) {
        return blank;
    }
    const std::size_t before = out.size();
    out.resize(before + text.size() + 1);
    const char* from = text.data();
    const char* const end = from + text.size();
    char* to = squeeze(text.substr(0, 1), blank, out.data() + before);
    for (++from; end - from >= static_cast<std::ptrdiff_t>(block_bytes); from += block_bytes) {
        to = has_run(from) ? squeeze({from, block_bytes}, is_space(from[-1]), to) : fold_block(from, to);
    }
    to = squeeze({from, end}, is_space(from[-1]), to);
    out.resize(static_cast<std::size_t>(to - out.data()));
    return is_space(text.back());
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
    hold(text[length - 1], static_cast<unsigned char>(folded(text[length - 1])));
    return length;
}

/// Takes one character. Gives its length.
std::size_t SearchFolder::feed_character(std::string_view text, std::string& out) {
    constexpr std::int32_t replacement = 0xFFFD;
    const Utf8Character character = utf8_character(text);
    const std::int32_t point = character.point < 0 ? replacement : character.point;
    if (const std::uint16_t simple = simple_fold(point)) {
        settle(out);
        hold(point, simple);
        return character.length;
    }
    if (may_begin(point) || cluster_.size() >= cluster_bytes) {
        settle(out);
    }
    if (held_ >= 0) {
        append_utf8(std::exchange(held_, -1), cluster_);
    }
    append_utf8(point, cluster_);
    return character.length;
}

void SearchFolder::hold(std::int32_t point, std::uint16_t simple) {
    held_ = point;
    simple_ = simple;
}

/// Folds what is held.
void SearchFolder::settle(std::string& out) {
    if (held_ >= 0) {
        const bool is_blank = simple_ == ' ';
        if (!(is_blank && blank_)) {
            append_utf8(simple_, out);
        }
        blank_ = is_blank;
        held_ = -1;
    } else if (!cluster_.empty()) {
        std::string text = normalized(cluster_);
        if (const std::size_t space = wide_space_length(text)) {
            text.replace(0, space, " ");
        }
        blank_ = append_folded(text, blank_, out);
        cluster_.clear();
    }
}

std::string search_form(std::string_view utf8) {
    std::string out;
    SearchFolder folder;
    folder.feed(utf8, out);
    folder.finish(out);
    return out;
}

}  // namespace postrider::mime
