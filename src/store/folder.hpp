// The shared state of one Maildir folder in this process: its files, its newest snapshot, who wants to hear of it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "store/index.hpp"
#include "store/mailbox.hpp"
#include "store/maildir/folder_files.hpp"
#include "store/snapshot_update.hpp"
#include "store/state_keeper.hpp"
#include "store/watch/watcher.hpp"

namespace postrider::store {

/// Owners: the Mailboxes open on it, the warm folders of the account, pool work under way. Members marked "strand" run
/// on the account's strand only; the others from any thread.
class Folder : public std::enable_shared_from_this<Folder> {
public:
    /// strand: the account's. watcher: null where changes must be looked for. index: null for none.
    Folder(maildir::FolderFiles files, const Settings& settings, PoolStrand strand, std::shared_ptr<Watcher> watcher,
           std::shared_ptr<index::Index> index = nullptr);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    using Now = std::chrono::system_clock::time_point;

    /// strand. Takes in what the system told, or looks at the disk where that is not enough, and publishes what it
    /// found. Errors: no_such_mailbox when the folder was deleted or moved, or its UIDVALIDITY changed (then it is gone
    /// for good).
    Result<SnapshotPtr> refresh(Now now);

    /// Whether the newest snapshot is all that the folder holds at this moment, so that refresh() would find nothing.
    /// It neither waits nor touches a file. Any thread.
    bool is_settled() const;

    /// strand. STATUS: from the newest snapshot where there is one, else counted; nothing is moved or given a UID.
    Result<maildir::StatusCounts> status(Now now);
    /// The same from the newest snapshot alone: of a folder that is settled.
    maildir::StatusCounts known_status() const;

    /// The newest snapshot, and of its messages those that no session has been told of as \Recent: they are the
    /// caller's afterwards (taken), or stay for the next (only shown: EXAMINE).
    struct Fresh {
        SnapshotPtr snapshot;
        std::vector<Uid> recent;
    };
    Fresh fresh(bool take_recent);

    /// strand. STORE, EXPUNGE, APPEND and COPY; each publishes what it did, also when it fails midway.
    Result<void> store_flags(const FlagChange& change, Now now);
    /// How messages go: one by one, then what was taken is made to last where it went. Empty: removed for good.
    struct Take {
        std::function<Result<void>(const Message& message, int cur, const std::string& name)> one;
        std::function<Result<void>()> make_last;
    };
    /// The removals last before they are published.
    Result<Expunged> expunge(const std::vector<Uid>* only, Now now, const Take& take = {});
    /// Whatever their flags: what is left of a move. They last too.
    Result<void> remove_messages(const std::vector<Uid>& uids);
    /// POP3, strand. Neither looks at the disk first: a message is found under whatever name it has now, and one that
    /// the newest snapshot has not, is gone.
    Result<void> mark_seen(Uid uid);
    struct Removed {
        std::vector<std::string> names;  ///< in cur/; those that were gone already are not among them
        std::vector<Uid> failed;         ///< still there; ascending
        std::optional<Error> trouble;    ///< why the removals may not outlast a power failure
    };
    /// Whatever their flags, one by one. The removals last before they are published.
    Result<Removed> remove_for_good(std::vector<Uid> uids);
    struct Delivered {
        UidValidity uid_validity;
        std::vector<Uid> uids;
    };
    /// Errors: over_quota.
    Result<Delivered> deliver(std::vector<maildir::Delivery>& deliveries, Now now, Adds adds = Adds::yes);

    /// strand. Leaves MODSEQs that were told for the index to write; closing the folder does it, too.
    void keep_states();

    /// Whether what the system told could not be taken in: a refresh() is due.
    bool must_look() const { return must_look_; }

    /// strand. The folder is no longer there under its name: sessions on it come to their end.
    void set_gone();
    bool is_gone() const;

    SnapshotPtr snapshot() const;
    /// Of how many messages it holds something in memory, whether somebody looked at them or not.
    std::size_t known_messages() const { return known_messages_; }
    /// A message's file, under its newest name. Errors: expunged.
    Result<Descriptor> open_message(const Message& message) const;
    maildir::FolderFiles& files() { return files_; }
    /// Its part of the account's index. uid_validity: of a snapshot.
    IndexedFolder indexed(UidValidity uid_validity) const { return {index_, inode_, uid_validity}; }

    /// Calls notify (from any thread; it must not block) after each new snapshot until unlisten. As long as somebody
    /// listens, other programs' changes become snapshots as soon as the system tells them.
    std::uint64_t listen(std::function<void()> notify) { return listeners_->add(std::move(notify)); }
    void unlisten(std::uint64_t listener) { listeners_->remove(listener); }

private:
    /// Who wants to hear of the folder. Owners: the folder, and its watch, which must not own the folder.
    class Listeners {
    public:
        std::uint64_t add(std::function<void()> notify);
        void remove(std::uint64_t listener);
        void notify() const;
        bool any() const;

    private:
        mutable std::mutex mutex_;
        std::uint64_t next_ = 1;
        std::map<std::uint64_t, std::function<void()>> all_;
    };

    Result<SnapshotPtr> scan(Now now);
    Result<bool> look_only(Now now);
    void watch();
    WatchNews take_news();
    void settle();
    bool follow(WatchNews news);
    void follow_own();
    Result<bool> take_in_news(Now now);
    void take_in_progress(Now now);
    void index_arrivals(const maildir::Scan& scan, Uid first, Now now) const;
    void index_progress(const maildir::Progress& progress, Now now) const;
    void keep_states_later();
    void look_for_listeners();
    void publish(SnapshotPtr next, const std::vector<Uid>& recent = {});
    Result<SnapshotPtr> take_scan(const maildir::Scan& scan, Now now);
    struct NewState;
    std::vector<KeywordId> keywords_of(const Message& message, NewState& state) const;
    Result<void> change_one(const Message& message, const FlagChange& change, NewState& state);
    Result<std::optional<std::string>> remove_one(const Message& message, maildir::Usage& freed);
    maildir::Usage undeleted_by(const Snapshot& present, const FlagChange& change) const;

    maildir::FolderFiles files_;
    Settings settings_;
    PoolStrand strand_;
    std::shared_ptr<Watcher> watcher_;     ///< owners: the store, its folders
    std::shared_ptr<index::Index> index_;  ///< owners: the account, its folders, a batch under way
    std::uint64_t inode_;                  ///< of its directory
    StateKeeper keeper_;
    std::shared_ptr<Watcher::Watch> watch_;   ///< owners: this, a look under way; set on the strand with mutex_ held
    std::array<std::uint64_t, 3> watched_{};  ///< FolderFiles::watched_inodes
    bool told_ahead_ = false;                 ///< STATUS told a UIDNEXT that leaves room for what waits in new/
    std::size_t marked_seen_ = 0;             ///< since events of our own were taken in
    std::atomic<std::size_t> known_messages_ = 0;
    std::atomic<bool> must_look_ = false;  ///< a look for those who listen failed
    std::atomic<bool> stale_ = false;      ///< the last look failed
    std::atomic<bool> settled_ = false;    ///< news that were taken are in the snapshot, and nothing waits
    std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();

    mutable std::mutex mutex_;  ///< guards what follows
    SnapshotPtr snapshot_;
    std::vector<Uid> unclaimed_;  ///< \Recent for the next session that asks
    bool gone_ = false;
};

}  // namespace postrider::store
