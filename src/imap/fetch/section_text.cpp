#include "imap/fetch/section_text.hpp"

#include <algorithm>
#include <functional>
#include <unordered_set>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/fetch/wire_text.hpp"

namespace postrider::imap {

namespace {

using wire::FetchKind;
using wire::Section;
using wire::SectionText;

/// The fields that keep() chooses, and the empty line that always ends them (compat/imap.md section 9).
std::string chosen_fields(std::string_view header, const std::function<bool(std::string_view name)>& keep) {
    std::string text;
    mime::each_field(header, [&](const mime::Field& field) {
        if (keep(field.name)) {
            text += field.raw;
            if (!text.ends_with('\n')) {
                text += '\n';
            }
        }
    });
    text += '\n';
    return to_wire(text);
}

/// Field names as they compare. A header of ten thousand fields and a wish for as many cost no product of the two.
std::unordered_set<std::string> lower_case(const std::vector<std::string>& fields) {
    std::unordered_set<std::string> names;
    for (const std::string& field : fields) {
        names.insert(lower(field));
    }
    return names;
}

std::string made_of_header(std::string_view header, const Section& section) {
    const auto names = lower_case(section.fields);
    switch (section.text) {
        case SectionText::header_fields:
            return chosen_fields(header, [&](std::string_view name) { return names.contains(lower(name)); });
        case SectionText::header_fields_not:
            return chosen_fields(header, [&](std::string_view name) { return !names.contains(lower(name)); });
        case SectionText::mime:
            return chosen_fields(header, [](std::string_view name) {
                return iequals(name, "mime-version") || istarts_with(name, "content-");
            });
        case SectionText::whole:
        case SectionText::header:
        case SectionText::text:
            break;
    }
    return {};
}

Result<std::string> read_header(const store::MessageReader& reader, const mime::Extent& extent) {
    std::string room;
    const auto size = std::min<std::uint64_t>(extent.end - extent.begin, limits::header_bytes);
    const auto text = reader.read(extent.begin, static_cast<std::size_t>(size), room);
    if (!text) {
        return text.error();
    }
    return std::string(*text);
}

bool is_made_of_header(SectionText text) {
    return text == SectionText::header_fields || text == SectionText::header_fields_not || text == SectionText::mime;
}

/// A section of the message as a whole: mostly without looking at its parts.
Result<SectionData> section_of_message(store::MessageReader& reader, const Section& section) {
    if (section.text == SectionText::whole) {
        auto extent = reader.extent(0, reader.size());
        return extent ? Result<SectionData>(*extent) : extent.error();
    }
    const auto header = reader.header();
    if (!header) {
        return header.error();
    }
    if (is_made_of_header(section.text)) {
        return SectionData(made_of_header(*header, section));
    }
    if (header->size() >= limits::header_bytes) {
        const auto tree = reader.structure();
        if (!tree) {
            return tree.error();
        }
        return SectionData(section.text == SectionText::header ? (*tree)->header : (*tree)->body);
    }
    const std::uint64_t end = header->size();
    auto extent = section.text == SectionText::header ? reader.extent(0, end) : reader.extent(end, reader.size());
    return extent ? Result<SectionData>(*extent) : extent.error();
}

/// The message inside a message/rfc822 part; for other parts the part itself (compat/imap.md section 9).
const mime::Part& inner(const mime::Part& part) {
    return part.is_message() ? part.children.front() : part;
}

Result<SectionData> section_of_part(store::MessageReader& reader, const Section& section) {
    const auto tree = reader.structure();
    if (!tree) {
        return tree.error();
    }
    const mime::Part* part = mime::find_part(**tree, section.part);
    if (part == nullptr) {
        return SectionData(std::string());
    }
    switch (section.text) {
        case SectionText::whole:
            return SectionData(part->body);
        case SectionText::header:
            return SectionData(inner(*part).header);
        case SectionText::text:
            return SectionData(inner(*part).body);
        case SectionText::mime:
        case SectionText::header_fields:
        case SectionText::header_fields_not:
            break;
    }
    const bool of_part = section.text == SectionText::mime;
    const auto header = read_header(reader, of_part ? part->header : inner(*part).header);
    if (!header) {
        return header.error();
    }
    return SectionData(made_of_header(*header, section));
}

}  // namespace

Result<SectionData> section_of(store::MessageReader& reader, const wire::FetchItem& item) {
    Section section = item.section;
    if (item.kind == FetchKind::rfc822_header) {
        section.text = SectionText::header;
    } else if (item.kind == FetchKind::rfc822_text) {
        section.text = SectionText::text;
    }
    return section.part.empty() ? section_of_message(reader, section) : section_of_part(reader, section);
}

}  // namespace postrider::imap
