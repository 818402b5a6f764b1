// What the server prints of a message's header is well formed whatever stands there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "imap/wire/arg_reader.hpp"
#include "imap/wire/header_text.hpp"
#include "imap/wire/printer.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_line_char(char c) {
    return c != '\0' && c != '\r' && c != '\n';
}

void check_string(std::string_view text) {
    std::string out;
    print_string(out, text);
    ArgReader in(out);
    const auto again = in.string();
    const bool has_nul = text.find('\0') != std::string_view::npos;
    require(has_nul || (again && *again == text && in.at_end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto ascii = header_text(text, false);
    const auto utf8 = header_text(text, true);
    require(std::ranges::all_of(ascii, [](char c) { return is_line_char(c) && static_cast<unsigned char>(c) < 0x80; }));
    require(std::ranges::all_of(utf8, is_line_char) && is_utf8(utf8));
    require(header_text(ascii, false) == ascii && header_text(utf8, true) == utf8);
    check_string(text);
    check_string(ascii);

    mime::Envelope envelope;
    envelope.subject = text;
    envelope.from = {{std::string(text), std::string(text), std::nullopt}};
    std::string out;
    print_envelope(out, envelope);
    ArgReader in(std::string_view(out).substr(std::string_view("(NIL ").size()));
    require(in.quoted().has_value() && in.take_word(" ((\""));
    return 0;
}
