// Charsets. Names: RFC 2978 and what mailers write; conversion of all but the most common by ICU.
#include "mime/charset.hpp"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "mime/decode.hpp"
#include "mime/utf8.hpp"

namespace postrider::mime {

namespace {

constexpr std::size_t charset_name_bytes = 60;
constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Names whose usual content is wider than what ICU understands by them, or which ICU does not have.
constexpr std::array<std::pair<std::string_view, const char*>, 5> aliases{{
    {"gb2312", "gb18030"},
    {"ks_c_5601-1987", "windows-949"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-6-i", "iso-8859-6"},
    {"unicode-1-1-utf-7", "utf-7"},
}};

/// 0x80-0x9F; the five bytes that it leaves open are the control characters of ISO 8859-1.
constexpr std::array<std::uint16_t, 32> windows_1252_upper{
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

void append_1252(std::string_view bytes, std::string& out) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        append_utf8(byte >= 0x80 && byte < 0xA0 ? windows_1252_upper[byte - 0x80] : byte, out);
    }
}

/// The length of the well-formed text at the beginning.
std::size_t utf8_prefix(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (const std::size_t ascii = ascii_prefix(bytes.substr(at)); ascii > 0) {
            at += ascii;
            continue;
        }
        const Utf8Character character = utf8_character(bytes.substr(at));
        if (character.point < 0) {
            break;
        }
        at += character.length;
    }
    return at;
}

bool is_ascii_name(std::string_view name) {
    return name.empty() || iequals(name, "us-ascii") || iequals(name, "ascii") || iequals(name, "ansi_x3.4-1968");
}

bool is_utf8_name(std::string_view name) {
    return iequals(name, "utf-8") || iequals(name, "utf8");
}

/// ICU's own names of the charsets that it has data for. It knows more names than that, and each time such a one is
/// opened it looks for files.
const std::set<std::string, std::less<>>& available() {
    static const auto names = [] {
        std::set<std::string, std::less<>> all;
        for (std::int32_t i = ucnv_countAvailable(); i-- > 0;) {
            all.insert(ucnv_getAvailableName(i));
        }
        return all;
    }();
    return names;
}

/// The name for ICU; empty when it cannot convert from such a charset.
std::string icu_name(std::string_view charset) {
    const auto plain = [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
               std::string_view("-_.:+").find(c) != std::string_view::npos;
    };
    if (charset.size() > charset_name_bytes || !std::all_of(charset.begin(), charset.end(), plain)) {
        return {};
    }
    std::string name = lower(charset);
    for (const auto& [alias, meant] : aliases) {
        if (name == alias) {
            name = meant;
        }
    }
    UErrorCode error = U_ZERO_ERROR;
    const char* canonical = ucnv_getAlias(name.c_str(), 0, &error);
    return canonical != nullptr && available().contains(canonical) ? name : std::string();
}

/// ICU's own substitution gives U+001A for single bytes in some charsets.
void substitute(const void*, UConverterToUnicodeArgs* args, const char*, std::int32_t, UConverterCallbackReason reason,
                UErrorCode* error) {
    if (reason <= UCNV_IRREGULAR) {
        static constexpr UChar mark = 0xFFFD;
        *error = U_ZERO_ERROR;
        ucnv_cbToUWriteUChars(args, &mark, 1, 0, error);
    }
}

}  // namespace

/// A converter to UTF-16, one to UTF-8, and what lies between them.
struct CharsetDecoder::Icu {
    std::unique_ptr<UConverter, Close> from;
    std::unique_ptr<UConverter, Close> to;
    std::array<UChar, 1024> pivot;
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();

    void convert(std::string_view bytes, bool last, std::string& out) {
        const char* source = bytes.data();
        const char* const source_end = source + bytes.size();
        UErrorCode error = U_ZERO_ERROR;
        do {
            std::array<char, 4096> buffer;
            char* target = buffer.data();
            error = U_ZERO_ERROR;
            ucnv_convertEx(to.get(), from.get(), &target, buffer.data() + buffer.size(), &source, source_end,
                           pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(), false, last,
                           &error);
            out.append(buffer.data(), target);
        } while (error == U_BUFFER_OVERFLOW_ERROR);
    }
};

void CharsetDecoder::Close::operator()(UConverter* converter) const {
    ucnv_close(converter);
}

void CharsetDecoder::CloseIcu::operator()(Icu* icu) const {
    delete icu;
}

std::size_t ascii_prefix(std::string_view bytes) {
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, 8);
        if ((word & 0x8080808080808080U) != 0) {
            break;
        }
    }
    while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) {
        ++at;
    }
    return at;
}

std::optional<CharsetDecoder> CharsetDecoder::of(std::string_view charset) {
    charset = trimmed(charset);
    if (is_ascii_name(charset)) {
        return guessing();
    }
    if (is_utf8_name(charset)) {
        return CharsetDecoder(Kind::utf8);
    }
    const std::string name = icu_name(charset);
    if (name.empty()) {
        return std::nullopt;
    }
    CharsetDecoder decoder(Kind::icu);
    decoder.icu_.reset(new Icu);
    UErrorCode error = U_ZERO_ERROR;
    decoder.icu_->from.reset(ucnv_open(name.c_str(), &error));
    decoder.icu_->to.reset(ucnv_open("UTF-8", &error));
    ucnv_setToUCallBack(decoder.icu_->from.get(), substitute, nullptr, nullptr, nullptr, &error);
    if (U_FAILURE(error)) {
        return std::nullopt;
    }
    return decoder;
}

void CharsetDecoder::feed(std::string_view bytes, std::string& out) {
    switch (kind_) {
        case Kind::utf8:
        case Kind::utf8_or_1252:
            feed_utf8(bytes, false, out);
            break;
        case Kind::windows_1252:
            append_1252(bytes, out);
            break;
        case Kind::icu:
            if (!bytes.empty()) {  // ICU takes a null pointer for text that ends with NUL
                icu_->convert(bytes, false, out);
            }
            break;
    }
}

void CharsetDecoder::finish(std::string& out) {
    if (kind_ == Kind::icu) {
        icu_->convert("", true, out);
    } else {
        feed_utf8({}, true, out);
    }
}

void CharsetDecoder::feed_utf8(std::string_view bytes, bool last, std::string& out) {
    std::string joined;
    if (!held_.empty()) {
        joined = std::exchange(held_, {});
        joined += bytes;
        bytes = joined;
    }
    while (!bytes.empty()) {
        const std::size_t length = utf8_prefix(bytes);
        out += bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (bytes.empty()) {
            break;
        }
        const Utf8Character wrong = utf8_character(bytes);
        if (wrong.is_cut && !last) {
            held_ = bytes;
            break;
        }
        if (kind_ == Kind::utf8) {
            out += replacement;
        } else {
            append_1252(bytes.substr(0, wrong.length), out);
        }
        bytes.remove_prefix(wrong.length);
    }
}

void append_utf8_or_1252(std::string_view bytes, std::string& out) {
    CharsetDecoder decoder = CharsetDecoder::guessing();
    decoder.feed(bytes, out);
    decoder.finish(out);
}

bool is_known_charset(std::string_view charset) {
    charset = trimmed(charset);
    return is_ascii_name(charset) || is_utf8_name(charset) || !icu_name(charset).empty();
}

std::optional<std::string> to_utf8(std::string_view bytes, std::string_view charset) {
    auto decoder = CharsetDecoder::of(charset);
    if (!decoder) {
        return std::nullopt;
    }
    std::string text;
    text.reserve(bytes.size());
    decoder->feed(bytes, text);
    decoder->finish(text);
    return text;
}

}  // namespace postrider::mime
