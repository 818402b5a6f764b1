// From a charset to UTF-8, in pieces. UTF-8, US-ASCII and windows-1252 are our own code, all others ICU's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct UConverter;

namespace postrider::mime {

/// Text that names no charset: UTF-8, and bytes that are not UTF-8 as windows-1252.
void append_utf8_or_1252(std::string_view bytes, std::string& out);

/// The length of the ASCII text at the beginning.
std::size_t ascii_prefix(std::string_view bytes);

/// Converts a stream; the result does not depend on where it was cut. Memory flat.
class CharsetDecoder {
public:
    /// None when the charset is unknown.
    static std::optional<CharsetDecoder> of(std::string_view charset);
    static CharsetDecoder windows_1252() { return CharsetDecoder(Kind::windows_1252); }
    static CharsetDecoder guessing() { return CharsetDecoder(Kind::utf8_or_1252); }

    void feed(std::string_view bytes, std::string& out);
    void finish(std::string& out);

    /// Whether ASCII bytes mean themselves, whatever came before.
    bool keeps_ascii() const { return kind_ != Kind::icu && held_.empty(); }

private:
    enum class Kind : unsigned char { utf8, utf8_or_1252, windows_1252, icu };
    struct Close {
        void operator()(UConverter* converter) const;
    };
    struct Icu;
    struct CloseIcu {
        void operator()(Icu* icu) const;
    };

    explicit CharsetDecoder(Kind kind) : kind_(kind) {}
    void feed_utf8(std::string_view bytes, bool last, std::string& out);

    Kind kind_;
    std::string held_;  ///< the beginning of a UTF-8 character
    std::unique_ptr<Icu, CloseIcu> icu_;
};

}  // namespace postrider::mime
