// Encoded words in header values. RFC 2047; RFC 2231 section 5 for the language.
#include "mime/encoded_word.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/hex.hpp"
#include "mime/lexer.hpp"

namespace postrider::mime {

namespace {

/// Up to the next "?"; none when a blank or the end comes first.
std::optional<std::string_view> section(std::string_view text) {
    const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c == '?' || is_blank(c); });
    if (end == text.end() || *end != '?') {
        return std::nullopt;
    }
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '/';
}

/// As the encoding of single words is often cut: padding may be missing.
std::optional<std::string> b_decoded(std::string_view text) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    if (!std::all_of(text.begin(), text.end(), is_base64) || text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string padded(text);
    while (padded.size() % 4 != 0) {
        padded += 'A';
    }
    std::string bytes = base64_decode(padded).value_or("");
    bytes.resize(text.size() * 3 / 4);
    return bytes;
}

std::string q_decoded(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = text[i] == '=' ? hex_byte(text.substr(i + 1)) : std::nullopt;
        bytes += byte ? *byte : text[i] == '_' ? ' ' : text[i];
        i += byte ? 2 : 0;
    }
    return bytes;
}

/// Decodes one value. Neighbouring words of one charset are decoded together: mailers cut characters in two.
class WordDecoder {
public:
    std::string run(std::string_view value) {
        while (!value.empty()) {
            const std::size_t begin = std::min(value.find("=?"), value.size());
            between(value.substr(0, begin));
            value.remove_prefix(begin);
            if (value.empty()) {
                break;
            }
            const std::size_t used = word(value);
            if (used == 0) {
                between(value.substr(0, 2));
            }
            value.remove_prefix(used == 0 ? 2 : used);
        }
        flush();
        append_utf8_or_1252(plain_, out_);
        return std::move(out_);
    }

private:
    /// Text that is no encoded word. Blanks alone wait: between two words they vanish.
    void between(std::string_view text) {
        plain_ += text;
        if (!std::all_of(text.begin(), text.end(), is_blank)) {
            flush();
        }
    }

    /// The length of the word taken; 0 when none is there that we can decode.
    std::size_t word(std::string_view text) {
        const auto found = encoded_word_at(text);
        auto bytes = found ? encoded_word_bytes(*found) : std::nullopt;
        if (!bytes || !knows(found->charset)) {
            return 0;
        }
        if (!after_word_) {
            append_utf8_or_1252(plain_, out_);
        }
        plain_.clear();
        if (!iequals(found->charset, charset_)) {
            flush();
            charset_ = found->charset;
        }
        bytes_ += *bytes;
        after_word_ = true;
        return found->length;
    }

    bool knows(std::string_view charset) {
        if (!iequals(charset, known_) || known_.empty()) {
            if (!is_known_charset(charset)) {
                return false;
            }
            known_ = charset;
        }
        return true;
    }

    void flush() {
        if (!bytes_.empty()) {
            out_ += to_utf8(bytes_, charset_).value_or(bytes_);
            bytes_.clear();
        }
        after_word_ = false;
    }

    std::string out_;
    std::string plain_;    ///< since the last word
    std::string bytes_;    ///< of the words since the last flush
    std::string charset_;  ///< theirs
    std::string known_;    ///< the charset asked for last, if known
    bool after_word_ = false;
};

}  // namespace

std::optional<EncodedWord> encoded_word_at(std::string_view text) {
    if (!text.starts_with("=?")) {
        return std::nullopt;
    }
    EncodedWord word;
    std::size_t at = 2;
    const auto charset = section(text.substr(at));
    if (!charset || charset->empty()) {
        return std::nullopt;
    }
    at += charset->size() + 1;
    const auto encoding = section(text.substr(at));
    if (!encoding || encoding->size() != 1) {
        return std::nullopt;
    }
    at += 2;
    const auto encoded = section(text.substr(at));
    if (!encoded || !text.substr(at + encoded->size()).starts_with("?=")) {
        return std::nullopt;
    }
    word.charset = charset->substr(0, charset->find('*'));
    word.encoding = to_lower(encoding->front());
    word.text = *encoded;
    word.length = at + encoded->size() + 2;
    return word;
}

std::size_t encoded_word_length(std::string_view text) {
    const auto word = encoded_word_at(text);
    return word ? word->length : 0;
}

std::optional<std::string> encoded_word_bytes(const EncodedWord& word) {
    switch (word.encoding) {
        case 'b':
            return b_decoded(word.text);
        case 'q':
            return q_decoded(word.text);
        default:
            return std::nullopt;
    }
}

std::string decode_words(std::string_view value) {
    return WordDecoder().run(value.find('\n') == std::string_view::npos ? std::string(value) : unfolded(value));
}

}  // namespace postrider::mime
