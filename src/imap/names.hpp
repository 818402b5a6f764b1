// Mailbox names as this session's client reads them.
#pragma once

#include <string>
#include <string_view>

#include "imap/session.hpp"

namespace postrider::imap {

/// Always a quoted string: modified UTF-7, or UTF-8 after ENABLE UTF8=ACCEPT.
std::string quoted_name(const Session& session, std::string_view utf8_name);

}  // namespace postrider::imap
