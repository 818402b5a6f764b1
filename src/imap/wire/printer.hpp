// Prints what the server says, as Courier spells it. RFC 3501 section 7; compat/imap.md sections 6, 9.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/structure.hpp"
#include "store/message.hpp"

namespace postrider::imap::wire {

/// A quoted string where the bytes allow it (7-bit, no CR, LF, NUL), else a literal.
void print_string(std::string& out, std::string_view text);
/// NIL for none.
void print_nstring(std::string& out, const std::optional<std::string>& text);

/// "\Draft \Flagged \Answered \Seen \Deleted \Recent kw kw": compat/imap.md section 9, without the parentheses.
void print_flags(std::string& out, store::Flags flags, bool recent, const std::vector<std::string_view>& keywords);

/// RFC 3501 section 7.4.2. Header text that is 8-bit goes out as encoded words, or raw when utf8 is set.
void print_envelope(std::string& out, const mime::Envelope& envelope, bool utf8 = false);

enum class Extensions : bool { leave_out, include };

/// BODY (without extension data) or BODYSTRUCTURE (with md5, disposition, language, location).
/// No space between the parts of a multipart, one before the subtype. Types, parameter names and charset values in
/// lower case.
void print_body_structure(std::string& out, const mime::Part& part, Extensions extensions, bool utf8 = false);

}  // namespace postrider::imap::wire
