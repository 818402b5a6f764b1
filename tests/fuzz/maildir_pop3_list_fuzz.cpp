// courierpop3dsizelist: whatever it holds, no UIDL is there twice, and the list is the same when written and read.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "store/maildir/pop3_list.hpp"

using namespace postrider::store::maildir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = parse_pop3_list({reinterpret_cast<const char*>(data), size}, 1);
    if (!read) {
        return 0;
    }
    std::set<std::string> uidls;
    for (const auto& entry : read->list.entries) {
        if (entry.number != 0 && !uidls.insert(uidl_of(entry)).second) {
            std::abort();
        }
        (void)uidl_of(entry);
    }
    const auto again = parse_pop3_list(print_pop3_list(read->list), 2);
    if (!again || !again->is_current || again->list != read->list) {
        std::abort();
    }
    return 0;
}
