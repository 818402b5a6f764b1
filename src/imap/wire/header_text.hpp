// Text of mail headers in a form that may stand in a response. RFC 2047 section 4; compat/imap.md section 9.
#pragma once

#include <string>
#include <string_view>

namespace postrider::imap::wire {

/// One line without CR, LF, NUL and bytes that are not UTF-8. Words with 8-bit characters become encoded words,
/// or stay when utf8 is set.
std::string header_text(std::string_view text, bool utf8);

}  // namespace postrider::imap::wire
