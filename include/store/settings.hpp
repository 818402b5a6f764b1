// What the store needs to know of the configuration.
#pragma once

#include <string>

namespace postrider::store {

/// IMAP_KEYWORDS of Courier. compat/maildir.md section 5.
enum class Keywords { off, on, careful };

struct Settings {
    bool use_locks = true;             ///< IMAP_USELOCKS
    Keywords keywords = Keywords::on;  ///< IMAP_KEYWORDS
    bool durable = true;               ///< MAILDIR_FSYNC: fsync as docs/architecture.md describes
    bool check_owner = true;           ///< IMAP_MAILBOX_SANITY_CHECK
    std::string trash = "Trash";       ///< IMAP_TRASHFOLDERNAME
    std::string host_name;             ///< in names of messages and locks; empty: gethostname()
};

}  // namespace postrider::store
