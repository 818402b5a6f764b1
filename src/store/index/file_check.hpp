// Whether an LMDB file may be given to LMDB. LMDB follows every number in a page without a look at it, so a page that
// is wrong by accident or on purpose would bring the process down or worse.
#pragma once

#include <cstdint>

#include "core/result.hpp"

namespace postrider::store::index {

/// Walks through the whole file: its two meta pages, every page of both trees, every run of pages for big values, the
/// list of free pages. All numbers lie in their ranges, entries fill their pages without gap and overlap, keys rise, no
/// page is used twice, the counts are right, only one unnamed database without special ordering is there.
/// Memory: a bit a page. Errors: invalid_data, with what is wrong and where. Blocking.
/// most_bytes: a file that speaks of more pages than these hold, and than are there, is wrong.
Result<void> check_file(int fd, std::uint64_t most_bytes);

}  // namespace postrider::store::index
