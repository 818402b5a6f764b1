// From bytes in some encoding and charset to UTF-8 text, and the form in which SEARCH compares text.
// RFC 2045 section 6, RFC 2047; charsets by ICU.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mime/structure.hpp"

namespace postrider::mime {

/// Whether ICU knows the charset ("" and us-ascii included).
bool is_known_charset(std::string_view charset);

/// Bytes in a charset as UTF-8; wrong bytes become U+FFFD. None: unknown charset.
std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset);

/// A header value with its encoded words decoded to UTF-8. Words of unknown charset, and what is not well formed,
/// stay as they are. Bare 8-bit text: UTF-8 where it is valid, else windows-1252. RFC 2047 section 6.
std::string decode_words(std::string_view value);

/// UTF-8 text in the form in which search compares: case folded (Unicode full folding, NFKC where ICU offers it with
/// the folding), every run of white space one blank. Pure.
std::string search_form(std::string_view utf8);

/// Decodes a text part's body, fed as it lies in the file, to UTF-8 in search_form. Memory flat.
class TextDecoder {
public:
    /// charset: as the part names it; unknown ones are read as windows-1252.
    TextDecoder(Encoding encoding, std::string_view charset);
    ~TextDecoder();
    TextDecoder(const TextDecoder&) = delete;
    TextDecoder& operator=(const TextDecoder&) = delete;

    /// Appends to out what the bytes add. Blank runs are joined also across calls.
    void feed(std::string_view bytes, std::string& out);
    /// Appends what was held back.
    void finish(std::string& out);

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace postrider::mime
