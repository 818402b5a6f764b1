// courierimapuiddb: whatever it holds, the list is ascending, below its next UID, and the same when written and read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/maildir/uid_list.hpp"

using namespace postrider;
using namespace postrider::store::maildir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto list = parse_uid_list({reinterpret_cast<const char*>(data), size});
    if (!list) {
        return 0;
    }
    Uid last{0};
    for (const auto& entry : list->entries) {
        if (entry.uid <= last || entry.uid >= list->uid_next || entry.base.empty()) {
            std::abort();
        }
        last = entry.uid;
    }
    const auto text = print_uid_list(*list);
    const auto again = parse_uid_list(text);
    if (!again || *again != *list) {
        std::abort();
    }
    return 0;
}
