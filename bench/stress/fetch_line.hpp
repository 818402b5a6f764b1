// An untagged FETCH, taken apart. RFC 3501 section 7.4.2. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/response.hpp"

namespace postrider::bench::stress {

struct FetchItem {
    std::string name;   ///< in capitals, without the list of HEADER.FIELDS: "BODY[HEADER.FIELDS]", "BODY[]<100>"
    std::string value;  ///< a string's bytes, or the text of anything else, with the bytes of literals in their places
};

struct FetchLine {
    std::uint32_t number = 0;
    std::vector<FetchItem> items;

    /// None: the item is not there.
    const std::string* value(std::string_view name) const;
};

/// None: it is no FETCH, or not as the grammar has it.
std::optional<FetchLine> parse_fetch(const Response& response);

}  // namespace postrider::bench::stress
