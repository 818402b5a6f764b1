// FETCH items: an item's printed name, read again, is the same item.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/limits.hpp"
#include "imap/wire/fetch_items.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_name(FetchItem item) {
    const auto name = print_item_name(item);
    ArgReader in(name);
    const auto again = parse_fetch_items(in);
    require(again && in.at_end() && again->size() == 1);
    item.peek = false;
    if (item.partial) {
        item.partial->count.reset();
    }
    require(again->front() == item);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ArgReader in(std::string_view(reinterpret_cast<const char*>(data), size));
    const auto items = parse_fetch_items(in);
    if (!items) {
        require(in.offset() == 0 && items.error().offset <= size && !items.error().reason.empty());
        return 0;
    }
    require(!items->empty() && items->size() <= limits::fetch_items);
    for (const FetchItem& item : *items) {
        require(item.section.part.size() <= limits::mime_depth);
        check_name(item);
    }
    return 0;
}
