// What the store needs to know of the configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace postrider::store {

/// IMAP_KEYWORDS of Courier. compat/maildir.md section 5.
enum class Keywords { off, on, careful };

/// One item of IMAP_EMPTYTRASH: at LOGIN and LOGOUT messages of that mailbox that were last changed longer ago go.
struct Purge {
    std::string mailbox;  ///< "INBOX.Trash"
    std::chrono::hours age{};
};

struct Settings {
    bool use_locks = true;             ///< IMAP_USELOCKS
    Keywords keywords = Keywords::on;  ///< IMAP_KEYWORDS
    bool durable = true;               ///< MAILDIR_FSYNC: fsync as docs/architecture.md describes
    bool check_owner = true;           ///< IMAP_MAILBOX_SANITY_CHECK
    std::string trash = "Trash";       ///< IMAP_TRASHFOLDERNAME
    bool expunge_to_trash = false;     ///< IMAP_MOVE_EXPUNGE_TO_TRASH
    std::vector<Purge> empty_trash;    ///< IMAP_EMPTYTRASH
    std::string quota;                 ///< MAILDIRQUOTA: "10000S,3C", for every account; empty: what its files say
    bool index = true;                 ///< INDEX
    std::string index_dir;             ///< INDEX_DIR: absolute; empty: in each Maildir
    std::uint64_t index_most_bytes = std::uint64_t{4} << 30;  ///< INDEX_MAX_SIZE, of an account's file
    std::uint64_t descriptors = 1024;                         ///< that the process may have open
    std::string host_name;                                    ///< in names of messages and locks; empty: gethostname()
};

}  // namespace postrider::store
