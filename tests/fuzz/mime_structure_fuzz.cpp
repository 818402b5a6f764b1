// The scanner: any bytes give a tree that keeps its rules, the same whole and in pieces.
#include <cstdint>
#include <cstdlib>

#include "mime/tree_checks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace postrider::mime;
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const Part part = parse_message(message);
    if (!tree_fault(part, message).empty() || !difference_in_pieces(part, message, 1).empty() ||
        !difference_in_pieces(part, message, 5).empty()) {
        std::abort();
    }
    const Part* found = find_part(part, {1, 1});
    if (found != nullptr && find_part(part, {1}) == nullptr) {
        std::abort();
    }
    return 0;
}
