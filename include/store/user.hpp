// One account's mail: its mailboxes as a whole. Shared by the sessions of the account in this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "store/mailbox.hpp"
#include "store/settings.hpp"

namespace postrider::store {

class Maildrop;
class MaildropLister;
class OpenFolders;
class Upload;
class WarmFolders;
class Watcher;

namespace maildir {
class Quota;
}  // namespace maildir

namespace index {
class Alarm;
class Index;
}  // namespace index

/// STATUS. RFC 3501 section 6.3.10.
struct MailboxStatus {
    std::uint32_t messages = 0;
    std::uint32_t recent = 0;
    std::uint32_t unseen = 0;
    Uid uid_next;
    UidValidity uid_validity;
};

/// One existing mailbox of LIST. unseen: only when it was asked for.
struct ListedMailbox {
    std::string name;
    std::optional<bool> unseen;
};

/// For which mailboxes LIST looks for unseen messages.
enum class UnseenMarks : std::uint8_t { inbox, all };

/// Names are UTF-8, as the client gave them ("INBOX.a.b"). Members that give a Task do their file work on the
/// account's strand of the pool.
class User : public std::enable_shared_from_this<User> {
public:
    /// Errors of every member that takes a name: invalid_name, no_such_mailbox.
    Task<Result<std::unique_ptr<Mailbox>>> select(std::string name, Access access);
    Task<Result<MailboxStatus>> status(std::string name);
    Task<Result<void>> create(std::string name);  ///< already_exists; reserved for INBOX
    Task<Result<void>> remove(std::string name);  ///< reserved for INBOX and the trash folder
    Task<Result<void>> rename(std::string from, std::string to);
    Task<Result<std::vector<ListedMailbox>>> list(UnseenMarks marks);
    Task<Result<std::vector<std::string>>> subscriptions();
    Task<Result<void>> subscribe(std::string name);
    Task<Result<void>> unsubscribe(std::string name);
    /// POP3's view of INBOX. Messages in new/ are moved to cur/; the list of UIDLs is brought up to date, on a strand
    /// of its own. Errors: unavailable, also when the list cannot be read at the moment.
    Task<Result<std::unique_ptr<Maildrop>>> open_maildrop();
    /// The first half of APPEND: checks the mailbox and makes the temporary file.
    Task<Result<std::unique_ptr<Upload>>> begin_append(std::string name);
    /// At LOGIN and LOGOUT: removes what is too old by Settings::empty_trash. What fails is logged. now: the real time.
    Task<void> empty_trash(std::chrono::system_clock::time_point now);

    ~User();
    User(const User&) = delete;
    User& operator=(const User&) = delete;

    const Settings& settings() const { return settings_; }
    const PoolStrand& strand() const { return strand_; }

private:
    friend class Store;
    friend class Mailbox;
    friend class Upload;

    User(asio::thread_pool& pool, Descriptor maildir, Settings settings, std::shared_ptr<Watcher> watcher,
         std::shared_ptr<index::Index> index);

    std::shared_ptr<Folder> settled_folder(const std::string& name) const;
    void keep_warm(const std::shared_ptr<Folder>& folder);

    // Strand only. --------------------------------------------------------------------------------------------------
    Result<std::shared_ptr<Folder>> folder(const std::string& name);
    Result<std::shared_ptr<Folder>> folder_in(const std::string& directory);
    Result<std::shared_ptr<Folder>> fresh_inbox();
    Result<void> remove_now(const std::string& name);
    Result<void> rename_now(const std::string& from, const std::string& to);
    void retire(const std::vector<std::string>& directories);
    Result<void> prepare_names(const std::string& from, const std::string& to);
    Result<void> move_inbox(const std::string& to);
    Result<std::vector<ListedMailbox>> list_now(UnseenMarks marks);
    Result<Copied> copy_now(Folder& source, const std::vector<Uid>& uids, const std::string& target, Adds adds);
    Result<Expunged> expunge_now(Folder& folder, const std::vector<Uid>* only, const std::set<Uid>& copied);
    void purge_now(std::chrono::system_clock::time_point now);
    maildir::Quota quota() const;
    Result<MailboxStatus> status_now(const std::string& name);
    Result<void> set_subscription(const std::string& name, bool subscribed);

    asio::thread_pool& pool_;
    PoolStrand strand_;
    Descriptor maildir_;
    Settings settings_;
    std::shared_ptr<Watcher> watcher_;     ///< owners: the store and what is open; null: changes must be looked for
    std::shared_ptr<index::Index> index_;  ///< owners: this, its mailboxes, a batch under way; null: none
    std::weak_ptr<WarmFolders> warm_;      ///< owner: the store
    std::unique_ptr<OpenFolders> folders_;
    std::unique_ptr<MaildropLister> maildrops_;
};

/// A message that APPEND is receiving. Owned by the command; its temporary file goes with it unless it was stored.
class Upload {
public:
    Upload(std::shared_ptr<User> user, std::shared_ptr<Folder> folder);
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// The next piece as the client sent it.
    Task<Result<void>> write(std::string bytes);

    struct Stored {
        UidValidity uid_validity;
        Uid uid;
    };
    /// Durable and visible when it gives its UID.
    Task<Result<Stored>> finish(Flags flags, std::vector<std::string> keywords,
                                std::optional<std::chrono::sys_seconds> date);

private:
    friend class User;
    struct State;
    std::shared_ptr<State> state_;  ///< owners: this, and the piece of pool work under way
};

/// All accounts that this process serves. Any thread.
class Store {
public:
    /// Starts a thread that hears of changes in folders.
    Store(asio::thread_pool& pool, Settings settings);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// The account whose Maildir this is; sessions of one Maildir share one User. home: empty for none.
    /// Errors: in_use (the home has the sticky bit: compat/maildir.md section 12), no_such_mailbox (no such
    /// directory), not_permitted (owner check), unavailable. File work on the pool.
    Task<Result<std::shared_ptr<User>>> open(std::string maildir, std::string home);

    /// For accounts opened from now on; one that sessions use keeps its settings until the last of them has ended.
    void set_settings(Settings settings);

    /// At the end, when no session is left: nothing is kept open any more, and what the indexes have to write is begun.
    void let_go();
    /// Whether that is done.
    bool is_at_rest() const;

private:
    Result<std::shared_ptr<User>> open_now(const std::string& maildir, const std::string& home);

    asio::thread_pool& pool_;
    std::shared_ptr<Watcher> watcher_;
    std::shared_ptr<index::Alarm> alarm_;  ///< owners: this, the accounts' indexes; null: there are none
    std::shared_ptr<WarmFolders> warm_;
    mutable std::mutex mutex_;
    Settings settings_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::weak_ptr<User>> users_;  ///< by device and inode
    std::vector<std::weak_ptr<index::Index>> indexes_;                              ///< theirs
};

}  // namespace postrider::store
