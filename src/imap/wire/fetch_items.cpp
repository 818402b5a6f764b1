// FETCH items read, and their names printed. RFC 3501 section 9, fetch-att; compat/imap.md section 9.
#include "imap/wire/fetch_items.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/wire/printer.hpp"

namespace postrider::imap::wire {

namespace {

struct NamedItem {
    std::string_view name;
    FetchKind kind;
};

/// BODY with its brackets is not here: it is a section.
constexpr auto named_items = std::to_array<NamedItem>({{"FLAGS", FetchKind::flags},
                                                       {"UID", FetchKind::uid},
                                                       {"INTERNALDATE", FetchKind::internal_date},
                                                       {"RFC822.SIZE", FetchKind::rfc822_size},
                                                       {"ENVELOPE", FetchKind::envelope},
                                                       {"BODY", FetchKind::body},
                                                       {"BODYSTRUCTURE", FetchKind::body_structure},
                                                       {"RFC822", FetchKind::rfc822},
                                                       {"RFC822.HEADER", FetchKind::rfc822_header},
                                                       {"RFC822.TEXT", FetchKind::rfc822_text}});

/// What the macros stand for, each the beginning of the longest: FAST 3, ALL 4, FULL 5.
constexpr std::array<FetchKind, 5> macro_items = {FetchKind::flags, FetchKind::internal_date, FetchKind::rfc822_size,
                                                  FetchKind::envelope, FetchKind::body};

std::size_t macro_length(std::string_view word) {
    return iequals(word, "FAST") ? 3 : iequals(word, "ALL") ? 4 : iequals(word, "FULL") ? 5 : 0;
}

struct NamedText {
    std::string_view name;
    SectionText text;
};

constexpr auto named_texts = std::to_array<NamedText>({{"HEADER", SectionText::header},
                                                       {"HEADER.FIELDS", SectionText::header_fields},
                                                       {"HEADER.FIELDS.NOT", SectionText::header_fields_not},
                                                       {"TEXT", SectionText::text},
                                                       {"MIME", SectionText::mime}});

bool has_fields(SectionText text) {
    return text == SectionText::header_fields || text == SectionText::header_fields_not;
}

/// A FETCH item ends at its bracket or its partial range.
bool is_item_char(char c) {
    return is_atom_char(c) && c != '[' && c != '<';
}

/// "(name name)", or a single name as Courier takes it.
Parsed<std::vector<std::string>> parse_fields(ArgReader& in) {
    std::vector<std::string> fields;
    if (!in.take('(')) {
        auto field = is_atom_char(in.peek()) ? in.atom() : in.string();
        if (!field) {
            return in.error("header field names expected");
        }
        fields.push_back(std::move(*field));
        return fields;
    }
    in.optional_space();
    do {
        auto field = in.astring();
        if (!field) {
            return in.error("header field name expected");
        }
        fields.push_back(std::move(*field));
        if (in.peek() != ')' && !in.space()) {
            return in.error("blank or \")\" expected behind a header field name");
        }
    } while (!in.take(')'));
    return fields;
}

/// The words of a section, with the cursor on their first letter.
Parsed<bool> parse_section_text(ArgReader& in, Section& section) {
    const ArgReader start = in;
    const auto word = in.take_run(is_atom_char);
    const auto* const known =
        std::ranges::find_if(named_texts, [&](const NamedText& row) { return iequals(row.name, word); });
    if (known == named_texts.end()) {
        return start.error("unknown section " + shown(word));
    }
    section.text = known->text;
    if (section.text == SectionText::mime && section.part.empty()) {
        return start.error("MIME needs a part number");
    }
    if (has_fields(section.text)) {
        if (!in.space()) {
            return in.error("header field names expected");
        }
        auto fields = parse_fields(in);
        if (!fields) {
            return fields.error();
        }
        section.fields = std::move(*fields);
    }
    return true;
}

/// The inside of the brackets and the "]".
Parsed<Section> parse_section(ArgReader& in) {
    Section section;
    bool more = in.peek() != ']';
    while (more && is_digit(in.peek())) {
        const ArgReader start = in;
        const auto number = in.nz_number();
        if (!number) {
            return number.error();
        }
        if (section.part.size() == limits::mime_depth) {
            return start.error("part number too deep");
        }
        section.part.push_back(*number);
        more = in.take('.');
    }
    if (more) {
        if (const auto text = parse_section_text(in, section); !text) {
            return text.error();
        }
    }
    if (!in.take(']')) {
        return in.error("\"]\" expected behind the section");
    }
    return section;
}

/// Behind the "<".
Parsed<Partial> parse_partial(ArgReader& in) {
    Partial partial;
    const auto first = in.number();
    if (!first) {
        return first.error();
    }
    partial.first = *first;
    if (in.take('.')) {
        const auto count = in.nz_number();
        if (!count) {
            return count.error();
        }
        partial.count = *count;
    }
    if (!in.take('>')) {
        return in.error("\">\" expected behind the partial range");
    }
    return partial;
}

/// BODY[...] or BODY.PEEK[...], with the cursor behind the "[".
Parsed<FetchItem> parse_body_section(ArgReader& in, bool peek) {
    FetchItem item{.kind = FetchKind::section, .peek = peek};
    auto section = parse_section(in);
    if (!section) {
        return section.error();
    }
    item.section = std::move(*section);
    if (in.take('<')) {
        const auto partial = parse_partial(in);
        if (!partial) {
            return partial.error();
        }
        item.partial = *partial;
    }
    return item;
}

/// One item or macro, put behind the others.
Parsed<bool> parse_one(ArgReader& in, std::vector<FetchItem>& items) {
    const ArgReader start = in;
    const auto word = in.take_run(is_item_char);
    const bool peek = iequals(word, "BODY.PEEK");
    const auto* const known =
        std::ranges::find_if(named_items, [&](const NamedItem& row) { return iequals(row.name, word); });
    if ((peek || iequals(word, "BODY")) && in.take('[')) {
        auto item = parse_body_section(in, peek);
        if (!item) {
            return item.error();
        }
        items.push_back(std::move(*item));
    } else if (known != named_items.end()) {
        items.push_back({.kind = known->kind});
    } else if (const auto length = macro_length(word); length > 0) {
        for (std::size_t i = 0; i < length; ++i) {
            items.push_back({.kind = macro_items[i]});
        }
    } else if (word.empty()) {
        return start.error("FETCH item expected");
    } else {
        return start.error("unknown FETCH item " + shown(word));
    }
    if (items.size() > limits::fetch_items) {
        return start.error("too many FETCH items");
    }
    return true;
}

std::string_view name_of(FetchKind kind) {
    return std::ranges::find(named_items, kind, &NamedItem::kind)->name;
}

void print_section(std::string& out, const Section& section) {
    for (const std::uint32_t number : section.part) {
        out += std::to_string(number);
        out += '.';
    }
    if (section.text == SectionText::whole) {
        if (!section.part.empty()) {
            out.pop_back();
        }
        return;
    }
    out += std::ranges::find(named_texts, section.text, &NamedText::text)->name;
    if (has_fields(section.text)) {
        for (std::string_view before = " ("; const std::string& field : section.fields) {
            out += before;
            print_string(out, field);
            before = " ";
        }
        out += ')';
    }
}

}  // namespace

Parsed<std::vector<FetchItem>> parse_fetch_items(ArgReader& in) {
    std::vector<FetchItem> items;
    ArgReader at = in;
    const bool is_list = at.take('(');
    bool more = true;
    while (more) {
        if (is_list) {
            at.optional_space();
        }
        if (const auto one = parse_one(at, items); !one) {
            return one.error();
        }
        if (is_list && at.peek() != ')' && !at.space()) {
            return at.error("blank or \")\" expected behind a FETCH item");
        }
        more = is_list && !at.take(')');
    }
    in = at;
    return items;
}

std::string print_item_name(const FetchItem& item) {
    if (item.kind != FetchKind::section) {
        return std::string(name_of(item.kind));
    }
    std::string out = "BODY[";
    print_section(out, item.section);
    out += ']';
    if (item.partial) {
        out += '<' + std::to_string(item.partial->first) + '>';
    }
    return out;
}

}  // namespace postrider::imap::wire
