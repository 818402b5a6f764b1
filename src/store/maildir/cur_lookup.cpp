#include "store/maildir/cur_lookup.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

std::string without_size(std::string_view base) {
    const auto mark = base.rfind(",S=");
    if (mark == std::string_view::npos) {
        return std::string(base);
    }
    const auto rest = base.substr(mark + 3);
    const auto end = std::ranges::find_if_not(rest, is_digit) - rest.begin();
    return std::string(base.substr(0, mark)).append(rest.substr(static_cast<std::size_t>(end)));
}

}  // namespace

bool is_message_name(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.front() != ':' && name.find('\n') == std::string_view::npos;
}

Result<std::optional<std::string>> find_in_cur(int cur, std::string_view base, Match match) {
    std::optional<std::string> found;
    bool exact = false;
    const auto bare = without_size(base);
    const auto read = each_entry(cur, [&](const char* entry, unsigned char) {
        const std::string_view name(entry);
        if (is_message_name(name)) {
            exact = base_of(name) == base;
            if (exact || (match == Match::tolerant && name.starts_with(bare) && without_size(base_of(name)) == bare)) {
                found = name;
            }
        }
        return !exact;
    });
    if (!read) {
        return read.error();
    }
    return found;
}

Result<Descriptor> open_message_file(int cur, const std::string& name) {
    // A second try: the name may change between the look and the open.
    auto file = open_regular(cur, name);
    for (int tries = 0; tries < 3 && !file && file.error().code == Code::expunged; ++tries) {
        const auto present = find_in_cur(cur, base_of(name), Match::tolerant);
        if (!present) {
            return present.error();
        }
        if (!*present) {
            break;
        }
        file = open_regular(cur, **present);
    }
    if (!file && file.error().code == Code::invalid_data) {
        return Error(Code::expunged, file.error().detail);
    }
    return file;
}

}  // namespace postrider::store::maildir
