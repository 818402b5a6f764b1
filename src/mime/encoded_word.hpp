// The encoded words of RFC 2047: finding them and taking them apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postrider::mime {

/// "=?charset*language?encoding?text?=" in its parts. Views into the text.
struct EncodedWord {
    std::string_view charset;
    char encoding = 'q';  ///< lower case
    std::string_view text;
    std::size_t length = 0;  ///< of the whole
};

/// The encoded word at the beginning of the text. None when there is none; looks no further than its fourth "?".
std::optional<EncodedWord> encoded_word_at(std::string_view text);

/// Its length, 0 when there is none.
std::size_t encoded_word_length(std::string_view text);

/// The bytes that its text stands for. None when the encoding is neither B nor Q, or the text does not fit it.
std::optional<std::string> encoded_word_bytes(const EncodedWord& word);

}  // namespace postrider::mime
