// The characters that fold to one character whatever stands around them, which is nearly all text. A table, because
// asking ICU costs some hundred times as much.
#pragma once

#include <cstdint>

namespace postrider::mime {

/// What NFKC_Casefold makes of a character before which normalization may begin anew, if that is one character; white
/// space is U+0020. 0: not so simple. It holds if normalization may begin anew behind the character too.
std::uint16_t simple_fold(std::int32_t point);

/// Whether normalization may begin anew before the character.
bool may_begin(std::int32_t point);

}  // namespace postrider::mime
