// Command lines and the literals at their ends: no tag that is echoed holds anything but printable ASCII.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/wire/arg_reader.hpp"
#include "imap/wire/command_lines.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto head = parse_command_head(line);
    require(!head.tag.empty() && head.tag.size() <= 128 && head.args_at <= size);
    require(head.tag == "*" || std::ranges::all_of(head.tag, is_astring_char));
    require(head.name.empty() == !head.problem.empty());
    require(std::ranges::all_of(head.name, [](char c) { return c == ' ' || is_atom_char(c); }));
    if (const auto mark = literal_mark(line)) {
        require(mark->length >= 3 && mark->length <= size && mark->size <= INT64_MAX);
        require(line.substr(size - mark->length).front() == (mark->binary ? '~' : '{'));
    }
    return 0;
}
