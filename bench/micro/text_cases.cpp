// A message's text: on its way to the wire (LF becomes CR LF), and on its way to SEARCH BODY.
#include <benchmark/benchmark.h>

#include <limits>

#include "imap/fetch/wire_text.hpp"
#include "imap/search/needle.hpp"
#include "micro/cases.hpp"
#include "micro/floors.hpp"
#include "micro/texts.hpp"
#include "mime/decode.hpp"

namespace postrider::bench {

namespace {

constexpr std::size_t text_bytes = 13000;

/// skip: octets on the wire that are left out.
Work to_wire(const std::string& text, std::uint64_t skip) {
    const auto once = [text, skip, out = std::string()]() mutable {
        out.clear();
        imap::WireText(skip, std::numeric_limits<std::uint64_t>::max()).add(text, out);
        benchmark::DoNotOptimize(out.data());
    };
    return {text.size(), once, copying(text)};
}

Work decoding(const std::string& text, mime::Encoding encoding, const char* charset) {
    const auto once = [text, encoding, charset, out = std::string()]() mutable {
        out.clear();
        mime::TextDecoder decoder(encoding, charset);
        decoder.feed(text, out);
        decoder.finish(out);
        benchmark::DoNotOptimize(out.data());
    };
    return {text.size(), once, copying(text)};
}

/// needle: does not occur.
Work finding(const std::string& needle) {
    const std::string text = prose(text_bytes);
    const auto once = [text, needle] {
        imap::NeedleFinder finder({&needle});
        finder.add(text);
        benchmark::DoNotOptimize(finder.all_found());
    };
    return {text.size(), once, seeing(text)};
}

}  // namespace

void add_text_cases(Cases& cases) {
    using mime::Encoding;
    const auto add = [&](const char* name, std::function<Work()> make) { cases.push_back({name, std::move(make)}); };
    add("LF to CR LF", [] { return to_wire(prose(text_bytes), 0); });
    add("LF to CR LF where it is already", [] { return to_wire(with_cr(prose(text_bytes)), 0); });
    add("LF to CR LF of a part", [] { return to_wire(prose(text_bytes), text_bytes / 4); });
    add("search form of plain text", [] { return decoding(prose(text_bytes), Encoding::seven_bit, "us-ascii"); });
    add("search form of UTF-8", [] { return decoding(prose_utf8(text_bytes), Encoding::eight_bit, "utf-8"); });
    add("search form of HTML", [] { return decoding(html(text_bytes), Encoding::seven_bit, "utf-8"); });
    add("search form of quoted-printable",
        [] { return decoding(quoted_printable(text_bytes), Encoding::quoted_printable, "utf-8"); });
    add("search form of base64",
        [] { return decoding(in_base64(prose(text_bytes / 4 * 3)), Encoding::base64, "utf-8"); });
    add("search form of ISO 2022", [] { return decoding(prose(text_bytes), Encoding::seven_bit, "iso-2022-jp"); });
    add("a text searched that begins rarely", [] { return finding("zzqqx"); });
    add("a text searched that begins often", [] { return finding("the evening train"); });
}

}  // namespace postrider::bench
