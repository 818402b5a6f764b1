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
constexpr Uid block{257};

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
    (void)states_in(bytes, folder, block);
    (void)folder_facts_in(bytes, folder);
    (void)saved_in(bytes, folder, uid, 0);

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
    const auto states = sealed(bytes, folder, RecordKind::state, block);
    if (const auto facts = states_in(states, folder, block)) {
        require(states_in(encoded(folder, block, *facts), folder, block) == facts);
    }
    const auto whole = sealed(bytes, folder, RecordKind::state, folder_itself);
    if (const auto facts = folder_facts_in(whole, folder)) {
        require(folder_facts_in(encoded(folder, *facts), folder) == facts);
    }
    const auto date = sealed(bytes, folder, RecordKind::saved, uid);
    if (const auto saved = saved_in(date, folder, uid, name_hash)) {
        require(saved_in(encoded(folder, uid, name_hash, *saved), folder, uid, name_hash) == saved);
    }
    return 0;
}
