// Mailbox names: modified UTF-7 on the wire, UTF-8 inside. RFC 3501 section 5.1.3.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace postrider::imap::wire {

/// Modified UTF-7 to UTF-8. Errors: 8-bit bytes, control characters, an open or empty shift other than "&-", wrong
/// base64, lone surrogates, forms that are not canonical (printable ASCII or what could be shorter in base64,
/// adjacent shifts), so that each name has one spelling. Pure.
Parsed<std::string> decode_mailbox_name(std::string_view wire);

/// UTF-8 to modified UTF-7. Bytes that are not UTF-8 become U+FFFD.
std::string encode_mailbox_name(std::string_view utf8);

}  // namespace postrider::imap::wire
