// The userdb source: what is parsed has legal names, its fields on the right side, and parses again to the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/fields.hpp"
#include "auth/userdb_source.hpp"

namespace {

using namespace postrider;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const auth::SourceRecord& record) {
    require(!record.name.empty() && record.name.size() <= auth::most_name_bytes && record.name.front() != '#');
    for (const auto* text : {&record.name, &record.fields, &record.shadow}) {
        require(text->find('\n') == std::string::npos && text->find('\0') == std::string::npos);
    }
    require(record.name.find('\t') == std::string::npos);
    if (record.fields == "1" && record.shadow == "1") {
        return;
    }
    auth::each_item(record.shadow, '|', [](std::string_view field) {
        require(auth::item_name(field).ends_with("pw") && field.find('=') != std::string_view::npos);
        return true;
    });
    require(record.fields.ends_with("_=here/"));
    const auto line = record.name + '\t' + record.fields + '|' + record.shadow;
    const auto again = auth::parse_userdb_source(line, "there/");
    require(again.faults.empty() && again.records.size() == 1);
    const auto& same = again.records.front();
    require(same.fields == record.fields + "|_=there/" && same.shadow == record.shadow);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = auth::parse_userdb_source(text, "here/");
    const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
    for (const auto& record : parsed.records) {
        require(record.line >= 1 && record.line <= lines);
        check(record);
    }
    for (const auto& fault : parsed.faults) {
        require(fault.line >= 1 && fault.line <= lines && !fault.reason.empty());
    }
    return 0;
}
