// What the IMAP room needs to know of the configuration.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "auth/sasl.hpp"
#include "core/limits.hpp"

namespace postrider::imap {

struct Settings {
    bool starttls = true;               ///< IMAPDSTARTTLS
    bool tls_required = false;          ///< IMAP_TLS_REQUIRED
    bool check_all_folders = false;     ///< IMAP_CHECK_ALL_FOLDERS
    bool obsolete_client = false;       ///< IMAP_OBSOLETE_CLIENT
    bool log_deletions = false;         ///< IMAP_LOG_DELETIONS
    bool magic_trash = false;           ///< IMAP_MOVE_EXPUNGE_TO_TRASH: CAPABILITY has XMAGICTRASH
    bool enhanced_idle = false;         ///< IMAP_ENHANCEDIDLE: the wording of IDLE's continuation
    std::optional<unsigned> id_fields;  ///< IMAP_ID_FIELDS: 1 version, 2 os, 4 os-version; none: ID tells the name only
    std::chrono::seconds idle_poll{60};                       ///< IMAP_IDLE_TIMEOUT
    std::chrono::seconds idle_time = limits::imap_idle_time;  ///< IMAP_SESSION_TIMEOUT (ours)
    std::chrono::seconds login_time = limits::login_time;     ///< LOGIN_TIMEOUT (ours)
    auth::SaslSettings sasl{auth::SaslContext().announced, auth::SaslContext().announced, {}};  ///< IMAP_CAPABILITY
    std::string maildir = "Maildir";                                                            ///< MAILDIRPATH
};

}  // namespace postrider::imap
