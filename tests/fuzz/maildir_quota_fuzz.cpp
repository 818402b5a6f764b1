// maildirsize: whatever it holds, its limits are the same when written and read, and sound means not below zero.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/maildir/quota_text.hpp"

using namespace postrider::store::maildir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = parse_quota_file({reinterpret_cast<const char*>(data), size});
    if (!file.damaged && (file.used.bytes < 0 || file.used.messages < 0)) {
        std::abort();
    }
    const auto text = print_quota_limits(file.limits) + "\n" + print_usage(file.used);
    const auto again = parse_quota_file(text);
    if (again.limits != file.limits || again.used != file.used || again.lines != 1) {
        std::abort();
    }
    (void)fits(file.limits, file.used);
    return 0;
}
