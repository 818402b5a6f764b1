// Sequence sets: "1:4,7,*". RFC 3501 section 9, sequence-set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace postrider::imap::wire {

/// One range of a set as the client wrote it; 0 stands for "*".
struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    friend bool operator==(const Range&, const Range&) = default;
};

/// At most limits::ranges. Numbers or UIDs: the command knows which.
using SequenceSet = std::vector<Range>;

/// Reads a sequence set: the atom alone. Errors: offset of the first wrong byte. 0, "1:", ",," and numbers beyond
/// 32 bits are wrong. Pure.
Parsed<SequenceSet> parse_sequence_set(std::string_view text);

/// The set with "*" put in (last: the greatest number there is; 0: none, then "*" selects nothing), ranges turned the
/// right way round, sorted, disjoint, adjacent ones joined. RFC 3501 section 9: "*:4" and "4:*" are the same.
SequenceSet resolved(const SequenceSet& set, std::uint32_t last);

/// Whether a resolved set holds the number. Logarithmic.
bool contains(const SequenceSet& resolved_set, std::uint32_t number);

/// Ascending numbers as a set, runs as ranges: "1:4,7". "" for none.
std::string print_set(const std::vector<std::uint32_t>& ascending);

}  // namespace postrider::imap::wire
