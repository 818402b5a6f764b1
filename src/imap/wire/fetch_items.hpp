// What FETCH can ask for. RFC 3501 section 6.4.5 and section 9, fetch-att.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/wire/arg_reader.hpp"

namespace postrider::imap::wire {

enum class FetchKind : std::uint8_t {
    flags,
    uid,
    internal_date,
    rfc822_size,
    envelope,
    body,  ///< BODY without a section: the structure without extension data
    body_structure,
    section,  ///< BODY[...] and BODY.PEEK[...]
    rfc822,
    rfc822_header,
    rfc822_text,
};

enum class SectionText : std::uint8_t { whole, header, header_fields, header_fields_not, text, mime };

/// The inside of the brackets.
struct Section {
    std::vector<std::uint32_t> part;  ///< at most limits::mime_depth numbers, each at least 1
    SectionText text = SectionText::whole;
    std::vector<std::string> fields;  ///< in the client's spelling; for header_fields[_not], at least one
    friend bool operator==(const Section&, const Section&) = default;
};

/// "<first.count>"; Courier also takes "<first>": then to the end.
struct Partial {
    std::uint32_t first = 0;
    std::optional<std::uint32_t> count;
    friend bool operator==(const Partial&, const Partial&) = default;
};

struct FetchItem {
    FetchKind kind = FetchKind::flags;
    bool peek = false;
    Section section;
    std::optional<Partial> partial;
    friend bool operator==(const FetchItem&, const FetchItem&) = default;
};

/// One item, a macro (ALL, FAST, FULL; inside parentheses too, as Courier takes it), or a list of at least one in
/// parentheses. At most limits::fetch_items. MIME needs a part number.
Parsed<std::vector<FetchItem>> parse_fetch_items(ArgReader& in);

/// The name under which an item's answer stands: "BODY[1.2.HEADER.FIELDS ("subject")]<10>". Section words in upper
/// case, never PEEK, field names quoted in the client's spelling (a literal where quoting cannot be).
std::string print_item_name(const FetchItem& item);

}  // namespace postrider::imap::wire
