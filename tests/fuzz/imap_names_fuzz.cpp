// Mailbox names and LIST patterns. Each name has one spelling; a pattern and a name stand on two lines.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "imap/wire/list_pattern.hpp"
#include "imap/wire/mailbox_name.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_wire(char c) {
    return c >= ' ' && c <= '~';
}

void check_spelling(std::string_view text) {
    const auto name = decode_mailbox_name(text);
    require(name ? is_utf8(*name) && encode_mailbox_name(*name) == text : name.error().offset <= text.size());
    const auto wire = encode_mailbox_name(text);
    require(std::ranges::all_of(wire, is_wire));
    const auto again = decode_mailbox_name(wire);
    require(again || std::ranges::any_of(text, is_control));
    require(!again || !is_utf8(text) || *again == text);
}

void check_pattern(std::string_view pattern, std::string_view name) {
    const bool fits = matches_pattern(pattern, name);
    require(matches_pattern("*", name));
    require(!fits || matches_pattern(std::string(pattern) + '*', name));
    require(!fits || matches_pattern('*' + std::string(pattern), name));
    require(wildcards(pattern) <= pattern.size());
    require(join_reference(pattern, name).size() <= pattern.size() + name.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_spelling(text);
    const auto first_line = text.substr(0, text.find('\n'));
    check_pattern(first_line, text.substr(std::min(first_line.size() + 1, size)));
    return 0;
}
