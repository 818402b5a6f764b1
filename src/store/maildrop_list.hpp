// What POP3 tells of an INBOX, made once for all sessions of the account that log in while nothing changes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "store/folder.hpp"
#include "store/maildir/pop3_list_file.hpp"
#include "store/maildir/pop3_table.hpp"
#include "store/settings.hpp"

namespace postrider::store {

/// Immutable. Some 90 bytes a message, however many sessions have it.
struct MaildropList {
    std::shared_ptr<const maildir::Pop3Table> messages;  ///< owners: this, the account
    std::vector<Uid> uids;                               ///< theirs in the folder that it was made of
    std::uint64_t octets = 0;                            ///< of all messages
    std::string trouble;                                 ///< why the file does not have all of it; empty: it has
};

/// Makes the lists of one account. Owned by it.
///
/// Its strand is not the account's: to measure a hundred thousand messages at the first login of all takes its time,
/// and the account's IMAP sessions go on meanwhile. It needs nothing of theirs but the folder's newest snapshot.
class MaildropLister {
public:
    MaildropLister(PoolStrand strand, const Settings& settings);

    const PoolStrand& strand() const { return strand_; }

    /// strand. The messages of the folder's newest snapshot. The same list again, and nothing but a look at the list
    /// file's inode, when neither has changed since. maildir: its descriptor. folder: refreshed once, at least.
    /// Errors: the folder cannot be read.
    Result<std::shared_ptr<const MaildropList>> list(int maildir, const std::shared_ptr<Folder>& folder,
                                                     std::chrono::sys_seconds now);

private:
    bool is_current(int maildir, const std::shared_ptr<Folder>& folder, const Snapshot& snapshot) const;

    PoolStrand strand_;
    maildir::Pop3ListFile file_;
    std::shared_ptr<const MaildropList> last_;  ///< owners: this, the sessions; null: none that has all messages
    std::weak_ptr<Folder> folder_;              ///< that last_ was made of
    Uid uid_next_;                              ///< of the snapshot that it was made of
};

}  // namespace postrider::store
