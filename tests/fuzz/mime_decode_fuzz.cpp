// The text decoder: first byte the encoding, second the charset, third the size of the pieces; the rest is the body.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "core/text.hpp"
#include "mime/decode.hpp"

namespace {

using namespace postrider;

constexpr std::array<const char*, 12> charsets{"",       "utf-8", "windows-1252", "iso-2022-jp", "gb2312",    "utf-7",
                                               "utf-16", "big5",  "x-unknown",    "iso-8859-2",  "shift_jis", "euc-kr"};

std::string decoded(mime::Encoding encoding, const char* charset, std::string_view body, std::size_t step) {
    mime::TextDecoder decoder(encoding, charset);
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += step) {
        decoder.feed(body.substr(at, step), out);
    }
    decoder.finish(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) {
        return 0;
    }
    const auto encoding = static_cast<mime::Encoding>(data[0] % 6);
    const char* charset = charsets[data[1] % charsets.size()];
    const std::size_t step = data[2] % 64 + 1U;
    const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);
    const std::string whole = decoded(encoding, charset, body, body.size() + 1);
    if (!is_utf8(whole) || whole.find("  ") != std::string::npos || decoded(encoding, charset, body, step) != whole) {
        std::abort();
    }
    const auto text = mime::to_utf8(body, charset);
    if (text && (!is_utf8(*text) || !is_utf8(mime::search_form(*text)))) {
        std::abort();
    }
    if (text && encoding == mime::Encoding::binary && mime::search_form(*text) != whole) {
        std::abort();
    }
    mime::search_form(body);
    return 0;
}
