// courierimapkeywords/:list: whatever it holds, the map has no empty sets, and is the same when written and read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/maildir/keywords.hpp"

using namespace postrider::store::maildir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = parse_keyword_list({reinterpret_cast<const char*>(data), size});
    if (!parsed) {
        return 0;
    }
    const auto& map = *parsed;
    for (const auto& [base, keywords] : map) {
        if (base.empty() || keywords.empty()) {
            std::abort();
        }
    }
    const auto text = print_keyword_list(map);
    const auto again = parse_keyword_list(text).value();
    // Spellings may fall together ("Foo" of one message, "foo" of another), once.
    if (again.size() != map.size() || print_keyword_list(again) != text) {
        std::abort();
    }
    return 0;
}
