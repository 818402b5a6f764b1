// Takes content transfer encodings off a stream. RFC 2045 sections 6.7 and 6.8. Lenient: what does not belong to the
// encoding is passed over (base64) or kept (quoted-printable). The result does not depend on where it was cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::mime {

class Base64Stream {
public:
    void feed(std::string_view bytes, std::string& out);
    /// Also what "=" does: the bytes of an unfinished group. Another group may follow.
    void finish(std::string& out);

private:
    std::uint32_t bits_ = 0;
    int digits_ = 0;
};

/// "=" and blanks that turn out not to be a soft line break come out as "=" and one blank.
class QuotedPrintableStream {
public:
    void feed(std::string_view bytes, std::string& out);
    void finish(std::string& out);

private:
    enum class After : std::uint8_t { text, equals, equals_digit, equals_blanks };

    void escape(char c, std::string& out);

    After after_ = After::text;
    char digit_ = 0;
};

}  // namespace postrider::mime
