// IMAP_LOG_DELETIONS: a log line for each message that is removed. compat/imap.md section 17.
#pragma once

#include "imap/session.hpp"

namespace postrider::imap {

void log_expunged(const Session& session, const store::Expunged& expunged);

}  // namespace postrider::imap
