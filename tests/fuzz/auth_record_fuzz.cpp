// Compiled records: fields, a NUL, the shadow half. Every field that is found is part of its half.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/fields.hpp"
#include "auth/user_database.hpp"

namespace {

using namespace postrider;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_fields(const auth::UserRecord& record, const std::string& half) {
    auth::each_item(half, '|', [&](std::string_view item) {
        const auto value = record.field(auth::item_name(item));
        const bool in_shadow = auth::item_name(item).ends_with("pw");
        require(value.has_value() || in_shadow != (&half == &record.shadow()));
        require(!value || (value->find('|') == std::string_view::npos &&
                           lies_in(*value, in_shadow ? record.shadow() : record.fields())));
        return true;
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto middle = std::min(text.find('\0'), size);
    const auth::UserRecord record(std::string(text.substr(0, middle)),
                                  std::string(text.substr(std::min(middle + 1, size))));
    if (size < 4096) {
        check_fields(record, record.fields());
        check_fields(record, record.shadow());
    }
    if (const auto account = auth::account_of("name", record)) {
        require(account->uid != static_cast<uid_t>(-1) && account->gid != static_cast<gid_t>(-1));
        require(account->full_name.find(',') == std::string::npos);
        (void)account->is_on("disableimap");
        const auto merged = auth::with_default_options(account->options, "disableimap=1,group=x");
        require(merged.starts_with(account->options));
        require(auth::item_value(merged, ',', "group").has_value());
    }
    return 0;
}
