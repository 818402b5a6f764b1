// Names of message files and of mailboxes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/folder_name.hpp"

using namespace postrider::store;
using namespace postrider::store::maildir;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void check_file_name(std::string_view name) {
    const auto flags = flags_of(name) | Flag::seen;
    const auto changed = with_flags(name, flags);
    require(base_of(changed) == base_of(name) && flags_of(changed) == flags);
    require(with_flags(changed, flags) == changed);
    require(delivery_order(name, name) == 0 && delivery_order(changed, name) == 0);
    const auto half = name.substr(0, name.size() / 2);
    require((delivery_order(name, half) < 0) == (delivery_order(half, name) > 0));
    (void)size_of(name);
    const auto unique = unique_name(name);
    require(is_message_name(unique) && unique.find('/') == std::string::npos && base_of(unique) == unique);
    require(delivered_name(unique, ~0ull, ~0ull, ~0ull).size() <= 240);
}

void check_mailbox_name(std::string_view name) {
    const auto directory = directory_of(name);
    if (!directory) {
        return;
    }
    require(directory->front() == '.' && directory->find('/') == std::string::npos && *directory != "..");
    if (*directory != ".") {
        const auto back = name_of(*directory);
        require(back && directory_of(*back).value() == *directory);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_file_name(text);
    check_mailbox_name(text);
    check_mailbox_name("INBOX." + std::string(text));
    return 0;
}
