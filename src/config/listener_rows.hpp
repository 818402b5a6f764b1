// The settings that both protocols have under names of their own: imapd's and pop3d's listeners, limits and access
// lists, imapd-ssl's and pop3d-ssl's TLS. compat/config.md sections 3 to 5.
#pragma once

#include <span>

#include "config/row.hpp"
#include "core/protocol.hpp"

namespace postrider::config {

/// Of imapd, or of pop3d: the rows at the begin of the file.
std::span<const Row> plain_listener_rows(Protocol protocol);
/// All rows of imapd-ssl, or of pop3d-ssl.
std::span<const Row> tls_listener_rows(Protocol protocol);

}  // namespace postrider::config
