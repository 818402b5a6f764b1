// Sequence sets: read, resolved against a mailbox, printed. RFC 3501 section 9, sequence-set.
#include "imap/wire/sequence_set.hpp"

#include <algorithm>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::imap::wire {

namespace {

/// seq-number at `at`, which moves behind it: nz-number, or "*" as 0.
Parsed<std::uint32_t> read_seq_number(std::string_view text, std::size_t& at) {
    if (at < text.size() && text[at] == '*') {
        ++at;
        return 0u;
    }
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) {
        ++end;
    }
    if (end == at) {
        return SyntaxError{at, "message number expected"};
    }
    if (text[at] == '0') {
        return SyntaxError{at, "message numbers begin with 1 to 9"};
    }
    const auto number = parse_decimal<std::uint32_t>(text.substr(at, end - at));
    if (!number) {
        return SyntaxError{at, "message number beyond 32 bits"};
    }
    at = end;
    return *number;
}

Parsed<Range> read_range(std::string_view text, std::size_t& at) {
    const auto first = read_seq_number(text, at);
    if (!first) {
        return first.error();
    }
    if (at == text.size() || text[at] != ':') {
        return Range{*first, *first};
    }
    ++at;
    const auto last = read_seq_number(text, at);
    if (!last) {
        return last.error();
    }
    return Range{*first, *last};
}

}  // namespace

Parsed<SequenceSet> parse_sequence_set(std::string_view text) {
    SequenceSet set;
    std::size_t at = 0;
    for (;;) {
        const auto begin = at;
        const auto range = read_range(text, at);
        if (!range) {
            return range.error();
        }
        if (set.size() == limits::ranges) {
            return SyntaxError{begin, "too many ranges in the sequence set"};
        }
        set.push_back(*range);
        if (at == text.size()) {
            return set;
        }
        if (text[at] != ',') {
            return SyntaxError{at, "\",\" or \":\" expected in the sequence set"};
        }
        ++at;
    }
}

SequenceSet resolved(const SequenceSet& set, std::uint32_t last) {
    SequenceSet sorted;
    sorted.reserve(set.size());
    for (const Range& range : set) {
        const auto a = range.first != 0 ? range.first : last;
        const auto b = range.last != 0 ? range.last : last;
        if (a != 0 && b != 0) {
            sorted.push_back({std::min(a, b), std::max(a, b)});
        }
    }
    std::ranges::sort(sorted, {}, &Range::first);
    SequenceSet joined;
    for (const Range& range : sorted) {
        if (!joined.empty() && range.first - 1 <= joined.back().last) {
            joined.back().last = std::max(joined.back().last, range.last);
        } else {
            joined.push_back(range);
        }
    }
    return joined;
}

bool contains(const SequenceSet& resolved_set, std::uint32_t number) {
    const auto behind = std::ranges::upper_bound(resolved_set, number, {}, &Range::first);
    return behind != resolved_set.begin() && number <= std::prev(behind)->last;
}

std::string print_set(const std::vector<std::uint32_t>& ascending) {
    std::string out;
    for (std::size_t i = 0; i < ascending.size();) {
        std::size_t end = i + 1;
        while (end < ascending.size() && ascending[end] - ascending[end - 1] == 1) {
            ++end;
        }
        if (!out.empty()) {
            out += ',';
        }
        out += std::to_string(ascending[i]);
        if (end - i > 1) {
            out += ':';
            out += std::to_string(ascending[end - 1]);
        }
        i = end;
    }
    return out;
}

}  // namespace postrider::imap::wire
