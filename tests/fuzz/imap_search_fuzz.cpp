// SEARCH: what was read is a program in which each operator finds its operands and one result is left.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/limits.hpp"
#include "imap/wire/search_keys.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::size_t operands(const SearchKey& key) {
    switch (key.kind) {
        case SearchKind::op_not:
            return 1;
        case SearchKind::op_or:
            return 2;
        case SearchKind::op_and:
            require(key.number > 0);
            return key.number;
        default:
            return 0;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ArgReader in(std::string_view(reinterpret_cast<const char*>(data), size));
    const auto program = parse_search(in);
    if (!program) {
        require(in.offset() == 0 && program.error().offset <= size && !program.error().reason.empty());
        return 0;
    }
    require(in.at_end() && program->keys.size() <= 2 * limits::search_keys);
    std::size_t results = 0;
    for (const SearchKey& key : program->keys) {
        const auto taken = operands(key);
        require(taken <= results);
        results = results - taken + 1;
    }
    require(results == 1);
    return 0;
}
