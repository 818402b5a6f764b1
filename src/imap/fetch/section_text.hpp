// What BODY[...] means for one message: a stretch of its file, or text made of header fields. RFC 3501 section 6.4.5.
#pragma once

#include <string>
#include <variant>

#include "core/result.hpp"
#include "imap/wire/fetch_items.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// A stretch of the message's file, or text that is on the wire already. An empty string: there is no such part.
using SectionData = std::variant<mime::Extent, std::string>;

/// kind: section, rfc822, rfc822_header or rfc822_text. Pool only: reads the file.
Result<SectionData> section_of(store::MessageReader& reader, const wire::FetchItem& item);

}  // namespace postrider::imap
