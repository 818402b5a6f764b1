// What SEARCH can ask for, as a flat program. RFC 3501 section 6.4.4 and section 9, search-key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/wire/arg_reader.hpp"

namespace postrider::imap::wire {

enum class SearchKind : std::uint8_t {
    all,
    recent,
    not_recent /* OLD */,
    fresh /* NEW: recent and not seen */,
    flag,
    not_flag,  ///< flag: which
    keyword,
    not_keyword,  ///< text: the name
    sequence,
    uid,  ///< set
    before,
    on,
    since,  ///< date, against INTERNALDATE
    sent_before,
    sent_on,
    sent_since,
    larger,
    smaller,  ///< number
    header,   ///< field: the name; text: "" asks only for the field
    from,
    to,
    cc,
    bcc,
    subject,  ///< text
    body,
    text,    ///< text
    op_not,  ///< takes one result
    op_or,   ///< takes two
    op_and,  ///< takes `number` results (at least 1)
};

struct SearchKey {
    SearchKind kind = SearchKind::all;
    store::Flag flag = store::Flag::seen;
    std::uint32_t number = 0;
    Date date;
    SequenceSet set;
    std::string field;
    std::string text;  ///< in the command's charset, as the client sent it
    friend bool operator==(const SearchKey&, const SearchKey&) = default;
};

/// A search in reverse Polish order: operators stand behind their operands, so evaluation needs no recursion.
/// Always at least one key; the last is the whole.
struct SearchProgram {
    std::optional<std::string> charset;  ///< none: the default (UTF-8)
    std::vector<SearchKey> keys;
    friend bool operator==(const SearchProgram&, const SearchProgram&) = default;
};

/// "[CHARSET x] key key ...": everything to the end of the command. At most limits::search_keys keys and
/// limits::search_nesting levels of NOT, OR and parentheses; without recursion.
Parsed<SearchProgram> parse_search(ArgReader& in);

}  // namespace postrider::imap::wire
