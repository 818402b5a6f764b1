#include "auth/userdb_source.hpp"

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
        return {std::string(line), "1", "1"};
    }
    SourceRecord record{std::string(line.substr(0, tab)), {}, {}};
    each_item(line.substr(tab + 1), '|', [&](std::string_view field) {
        append_field(is_password(field) ? record.shadow : record.fields, field);
        return true;
    });
    append_field(record.fields, "_=");
    record.fields += location;
    return record;
}

std::string_view fault_of(std::string_view line) {
    if (line.find('\0') != std::string_view::npos) {
        return "NUL character";
    }
    return line.substr(0, line.find('\t')).size() > most_name_bytes ? "name longer than 511 bytes" : "";
}

}  // namespace

Parsed<std::vector<SourceRecord>> parse_userdb_source(std::string_view text, std::string_view location) {
    std::vector<SourceRecord> records;
    std::size_t offset = 0;
    while (offset < text.size()) {
        const auto line = text.substr(offset, text.find('\n', offset) - offset);
        const bool is_record = !line.empty() && line.front() != '#' && line.front() != '\t';
        if (is_record) {
            if (const auto fault = fault_of(line); !fault.empty()) {
                return SyntaxError{offset, std::string(fault)};
            }
            records.push_back(record_of(line, location));
        }
        offset += line.size() + 1;
    }
    return records;
}

}  // namespace postrider::auth
