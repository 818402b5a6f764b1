// LIST and LSUB patterns: "*" is anything, "%" anything but the separator ".". RFC 3501 section 6.3.8.
#pragma once

#include <string>
#include <string_view>

namespace postrider::imap::wire {

/// Whether a mailbox name (UTF-8) fits the pattern. The first component INBOX in any case, the rest exactly.
/// Time at most pattern length x name length.
bool matches_pattern(std::string_view pattern, std::string_view name);

/// How many wildcards a pattern has, runs of them counted as one.
std::size_t wildcards(std::string_view pattern);

/// reference and pattern as one pattern, as Courier joins them: one trailing "." taken off the reference, then "."
/// between (compat/imap.md section 4).
std::string join_reference(std::string_view reference, std::string_view pattern);

}  // namespace postrider::imap::wire
