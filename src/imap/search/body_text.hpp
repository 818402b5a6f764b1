// The text of a message that BODY and TEXT search: decoded headers and text parts. compat/imap.md section 12.
#pragma once

#include "imap/search/needle.hpp"
#include "store/mailbox.hpp"

namespace postrider::imap {

/// Feeds the decoded text parts to `body` and `text`, and every header, nested ones too, to `text`; stops when both
/// found all. Attachments that are no text are passed over. Memory flat. Pool only.
void each_searchable_text(store::MessageReader& reader, NeedleFinder& body, NeedleFinder& text);

}  // namespace postrider::imap
