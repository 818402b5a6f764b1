// Index records: whatever stands in them, decoding ends, and what is good is the same when it is encoded again.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "store/index/record.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::index;

namespace {

const FolderId folder{4711, UidValidity(1000)};
constexpr Uid uid{12};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)header_in(bytes, folder, uid, 0);
    (void)structure_in(bytes, folder, uid, 0);
    (void)state_in(bytes, folder, uid);

    // With a checksum that is right, so that all the rest is looked at.
    std::uint64_t name_hash = 0;
    std::memcpy(&name_hash, data, size < sizeof name_hash ? size : sizeof name_hash);
    const auto header = sealed(bytes, folder, RecordKind::header, uid);
    if (const auto facts = header_in(header, folder, uid, name_hash)) {
        const auto again = encoded(folder, uid, name_hash, *facts);
        require(header_in(again, folder, uid, name_hash) == facts);
    }
    const auto structure = sealed(bytes, folder, RecordKind::structure, uid);
    if (const auto facts = structure_in(structure, folder, uid, name_hash)) {
        const auto again = encoded(folder, uid, name_hash, *facts);
        require(structure_in(again, folder, uid, name_hash) == facts);
    }
    const auto state = sealed(bytes, folder, RecordKind::state, uid);
    if (const auto facts = state_in(state, folder, uid)) {
        require(state_in(encoded(folder, *facts), folder, uid) == facts);
    }
    return 0;
}
