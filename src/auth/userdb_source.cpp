#include "auth/userdb_source.hpp"

#include "auth/account_id.hpp"
#include "auth/fields.hpp"

namespace postrider::auth {

namespace {

void append_field(std::string& list, std::string_view field) {
    list += list.empty() ? "" : "|";
    list += field;
}

/// A field "apw" without a value is no password.
bool is_password(std::string_view field) {
    const auto name = item_name(field);
    return name.size() < field.size() && name.ends_with("pw");
}

/// A line without a TAB has the value "1" in both halves, as Courier compiles it: such a record is no account.
SourceRecord record_of(std::string_view line, std::string_view location) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) {
        return {.name = std::string(line), .fields = "1", .shadow = "1"};
    }
    SourceRecord record{.name = std::string(line.substr(0, tab)), .fields = {}, .shadow = {}};
    each_item(line.substr(tab + 1), '|', [&](std::string_view field) {
        append_field(is_password(field) ? record.shadow : record.fields, field);
        return true;
    });
    append_field(record.fields, "_=");
    record.fields += location;
    return record;
}

template <class Id>
bool has_bad_id(std::string_view fields, std::string_view name) {
    const auto value = item_value(fields, '|', name);
    return value && !account_id<Id>(*value);
}

/// Why the line is no record; "" when it is one.
std::string_view fault_of(std::string_view line) {
    if (line.find('\0') != std::string_view::npos) {
        return "NUL character";
    }
    const auto tab = line.find('\t');
    const auto name = line.substr(0, tab);
    if (name.size() > most_name_bytes) {
        return "name longer than 511 bytes";
    }
    if (tab == std::string_view::npos || name.ends_with('=')) {
        return {};  // what stands behind "1012=" is a name
    }
    const auto fields = line.substr(tab + 1);
    if (has_bad_id<uid_t>(fields, "uid")) {
        return "uid is no user id";
    }
    return has_bad_id<gid_t>(fields, "gid") ? "gid is no group id" : "";
}

}  // namespace

ParsedSource parse_userdb_source(std::string_view text, std::string_view location) {
    ParsedSource parsed;
    std::size_t offset = 0;
    for (std::uint32_t number = 1; offset < text.size(); ++number) {
        const auto line = text.substr(offset, text.find('\n', offset) - offset);
        offset += line.size() + 1;
        if (line.empty() || line.front() == '#' || line.front() == '\t') {
            continue;
        }
        if (const auto fault = fault_of(line); !fault.empty()) {
            parsed.faults.push_back({number, std::string(fault)});
        } else {
            parsed.records.push_back(record_of(line, location));
            parsed.records.back().line = number;
        }
    }
    return parsed;
}

}  // namespace postrider::auth
