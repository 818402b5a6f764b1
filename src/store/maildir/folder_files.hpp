// The files of one Maildir folder: scan, UIDs, flags, keywords, delivery, removal. compat/maildir.md sections 2-5.
// The Maildir is the truth: nothing here is believed longer than the directory's times allow.
// Blocking; one thread at a time (the account's strand).
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/maildir/delivery.hpp"
#include "store/maildir/dot_lock.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/keywords.hpp"
#include "store/maildir/message_table.hpp"
#include "store/maildir/quota.hpp"
#include "store/maildir/uid_list_file.hpp"
#include "store/settings.hpp"
#include "store/watch/watcher.hpp"

namespace postrider::store::maildir {

/// One message as a scan found it.
struct ScannedMessage {
    Uid uid;
    std::string_view name;  ///< in cur/
};

/// One message under a name that was told.
struct NamedMessage {
    Uid uid;
    std::string name;  ///< in cur/
};

/// A folder at one moment. The names are views into the FolderFiles that made it, until its next call.
struct Scan {
    UidValidity uid_validity;
    Uid uid_next;
    std::vector<ScannedMessage> messages;  ///< ascending UIDs
    std::vector<Uid> recent;               ///< of `messages`: those that this scan put into the map
    KeywordMap keywords;                   ///< of existing messages
    bool complete = true;                  ///< no: something could not be read or written, and is worth another try
};

/// What became of a folder since the last scan or Progress, where names told it. Shapes as in Scan.
struct Progress {
    std::vector<NamedMessage> renamed;  ///< other flags
    std::vector<Uid> gone;
    std::vector<std::pair<Uid, std::vector<std::string>>> keywords;  ///< complete new sets
    std::vector<NamedMessage> arrived;
    std::vector<Uid> recent;  ///< of `arrived`: those that this process put into the map
    Uid uid_next;
    bool empty() const { return renamed.empty() && gone.empty() && keywords.empty() && arrived.empty(); }
};

/// What STATUS counts without moving or saving anything.
struct StatusCounts {
    std::uint32_t messages = 0;
    std::uint32_t recent = 0;
    std::uint32_t unseen = 0;
    Uid uid_next;
    UidValidity uid_validity;
};

class FolderFiles {
public:
    /// maildir: descriptor of the main Maildir. directory: "." or ".a.b", as directory_of gave it.
    /// host: as in names of files. Errors: no_such_mailbox (not there), unavailable (no cur/ or tmp/).
    static Result<FolderFiles> open(int maildir, const std::string& directory, const Settings& settings,
                                    const std::string& host);

    /// Whether cur/, new/, the keywords or the UID list may have changed since the last scan: three or four stats.
    /// Directory times are coarse: a change within the same tick as the last scan counts as "may".
    bool may_have_changed() const;

    /// Courier's scan under the folder's lock: tmp/ cleaned, new/ moved to cur/ (and made durable before its UIDs are
    /// announced), UIDs given, map saved when it changed, keywords read. A name that vanished between two reads of the
    /// directory is looked for again before it counts as gone (readdir races with renames).
    /// When the map cannot be saved (full disk, no permission): the old map stays as it is and messages that have no
    /// saved UID are left out of the scan, so that no UID is announced that could be given again; a folder that has no
    /// map at all gets a UIDVALIDITY of its own for this process and UIDs from 1.
    Result<Scan> scan(std::chrono::system_clock::time_point now);

    /// Takes in what the system told, in its order. places: as watched() gave them. Each name is compared with what is
    /// there now, so that our own changes, and those told twice, do nothing. False: the names do not suffice; scan.
    bool follow(const std::vector<WatchEvent>& events);
    /// A name went away and did not come back under another: that is told in two steps, so look at the news again.
    bool has_lost_names() const { return !lost_.empty(); }
    /// Messages wait for their UIDs.
    bool has_arrivals() const { return !arrivals_.empty(); }
    /// Gives them UIDs under the lock, as a scan does, without reading the directories. news: what the system told up
    /// to the moment when the lock was taken. False: scan. Errors: locked (nothing is lost: once more).
    Result<bool> accept(const std::function<WatchNews()>& news, std::chrono::system_clock::time_point now);
    /// Messages that have no UIDs yet: of those that follow() met.
    struct Waiting {
        std::size_t messages = 0;
        std::size_t unseen = 0;
    };
    Waiting waiting() const;
    /// Whether only a scan can tell the folder's state.
    bool needs_scan() const { return !scanned_ || unnamed_ > 0; }
    /// What follow(), accept() and deliver() found, once; unless needs_scan().
    Progress take_progress();

    /// A scan that moves and numbers no message (waiting keywords are folded into their list, as whoever reads them
    /// does): what the map knows; what is in new/ becomes waiting(). None: cur/ and the map differ, or there is no map;
    /// only a scan may settle that.
    Result<std::optional<Scan>> look_only(std::chrono::system_clock::time_point now);

    /// STATUS. Makes and saves a map where there is none (so that the UIDVALIDITY told is the one that stays).
    Result<StatusCounts> status(std::chrono::system_clock::time_point now);

    /// Adds and removes flags of one message by renaming it. name: as last known; a name that vanished is looked up
    /// again by its base, so a change made meanwhile by another program to other flags survives. Gives the new name.
    /// Errors: expunged.
    Result<std::string> change_flags(const std::string& name, Flags add, Flags remove);

    /// The complete new set. Errors: not_permitted when keywords are off.
    Result<void> set_keywords(std::string_view base, const std::vector<std::string>& keywords);

    /// A complete set that was written for a message a short time ago, whether it is in the list already or not.
    std::optional<std::vector<std::string>> latest_keywords(std::string_view base,
                                                            std::chrono::system_clock::time_point now) const {
        return read_latest_keywords(folder_.get(), base, now);
    }

    /// Takes a file out of cur/, to another folder or for good. Errors: expunged when there is no file of that name.
    using Take = std::function<Result<void>(int cur, const std::string& name)>;

    /// Takes one message away, by unlink where take is empty. Gone already is success. A name that vanished is looked
    /// up by its base. The map keeps its line until it is written anew: at the next scan, or before many such lines
    /// have gathered. Errors: in_use when the name had the flag \Deleted and another program took it off meanwhile.
    Result<void> remove(const std::string& name, const Take& take = {});
    /// An fsync of cur/: what was removed does not come back.
    Result<void> make_removals_last() const { return sync_directory(cur_.get(), durability()); }

    /// The quota in which the folder's messages count.
    Quota quota() const;

    /// For reading. O_NOFOLLOW, regular files only. Errors: expunged.
    Result<Descriptor> open_message(const std::string& name) const;

    /// Makes messages visible, all or none: keywords written, each renamed without replacing into cur/ as
    /// "<base>:2,<flags>", UIDs given in order, the map saved, names and map durable; under the lock. The messages
    /// are part of the next Progress. Gives the UIDs, in order.
    Result<std::vector<Uid>> deliver(std::vector<Delivery>& deliveries, std::chrono::system_clock::time_point now);
    UidValidity uid_validity() const { return table_.uid_validity(); }
    /// Messages whose names it holds in memory.
    std::size_t known_messages() const { return table_.size(); }

    /// Descriptors of the folder itself, for Delivery and for hard links.
    int folder() const { return folder_.get(); }
    int cur() const { return cur_.get(); }
    /// Its name: "." or ".a.b".
    const std::string& directory() const { return directory_; }
    int arrivals() const { return new_.get(); }
    /// courierimapkeywords/; none where it is not there, or something else.
    Descriptor keyword_folder() const;
    /// Of cur/, new/ and the keywords' directory (0 where it is not there): while they are the same, the watch is good.
    std::array<std::uint64_t, 3> watched_inodes() const;
    /// Opens cur/, new/ and tmp/ anew where their names lead to other directories. Errors: unavailable.
    Result<void> open_parts();
    /// What to watch for follow(). keywords: of keyword_folder().
    std::vector<Watcher::Place> watched(const Descriptor& keywords) const;
    /// Whether the folder still stands under its name: another program may have moved it.
    bool is_in_place() const;
    /// It was renamed by us. directory: its new name.
    void renamed(const std::string& directory) { directory_ = directory; }

private:
    /// What the directories looked like before a scan began to read them.
    struct Look {
        std::optional<FileId> cur;
        std::optional<FileId> arrivals;
        std::optional<FileId> keywords;
        std::optional<FileId> uid_list;
        timespec taken{};
    };
    enum class Writes : bool { no, yes };
    /// In cur/ or new/, without UIDs yet.
    using Names = FileNames;

    FolderFiles() = default;
    static constexpr const char* keyword_list_path = "courierimapkeywords/:list";
    /// So many updates may wait before a scan folds them into the list.
    static constexpr std::size_t most_pending_keywords = 200;

    Durability durability() const { return settings_.durable ? Durability::durable : Durability::relaxed; }
    Result<DotLock> lock() const;
    Look look() const;
    /// Whether the folder's directory still stands where it was opened: delete_folder moves it away first.
    bool is_in_its_maildir() const;

    // folder_scan.cpp
    Result<Scan> scan_locked(std::chrono::system_clock::time_point now, Writes writes);
    Result<void> read_uid_list(std::chrono::system_clock::time_point now, Writes writes);
    void replace_table(UidList& list, Writes writes);
    void assign_table(const UidList& list);
    Result<void> save_uid_list();
    Result<void> save_added(std::size_t count);
    Result<Names> look_at_cur();
    void see(Names& fresh, const char* entry, unsigned char d_type);
    Result<void> accept_arrivals(Names& fresh);
    std::vector<Uid> settle(Names fresh, Writes writes);
    bool save_settled(std::size_t added, bool dropped, Writes writes);
    Result<void> refresh_keywords(std::chrono::system_clock::time_point now, Writes writes, bool messages_came);
    void clean_tmp(std::chrono::system_clock::time_point now);
    bool has_new_mail() const;
    Scan settled_scan(std::vector<Uid> recent);
    Scan snapshot(std::vector<Uid> recent) const;

    // folder_news.cpp
    void follow_in_cur(const WatchEvent& event);
    void appeared_in_cur(const std::string& name);
    void name_message(const KnownMessage& known, const std::string& name);
    void follow_arrivals(const WatchEvent& event);
    void name_as_it_is_now(NamedMessage& message) const;
    bool follow_keywords(const WatchEvent& event);
    bool move_arrivals();
    std::vector<std::string> names_of_arrivals();
    bool record_arrivals(const std::vector<std::string>& names);

    // folder_status.cpp
    enum class Makes : bool { no, yes };
    Result<void> read_uid_list_locked(std::chrono::system_clock::time_point now, Makes makes);

    // folder_delivery.cpp
    struct Placing;
    Result<void> place(std::vector<Delivery>& deliveries, Placing& placing, std::chrono::system_clock::time_point now);
    Result<void> fold_keywords(const Placing& placing, std::chrono::system_clock::time_point now);
    Result<std::vector<Uid>> record(const Placing& placing);
    void undo(const Placing& placing);

    Descriptor folder_;
    Descriptor cur_;
    Descriptor new_;
    Descriptor tmp_;
    Settings settings_;
    std::string host_;
    bool is_main_ = false;
    std::string directory_;                      ///< its name: "." or ".a.b"
    std::optional<FileId> above_;                ///< the directory that holds the folder
    bool is_link_ = false;                       ///< the name leads to a folder elsewhere
    std::unordered_set<std::string> forgotten_;  ///< bases that the map on disk still has, of messages that we removed

    MessageTable table_;
    UidListFile uid_list_;     ///< the map as last read or saved
    bool has_map_ = false;     ///< table_ has a UIDVALIDITY, if only for this process
    bool scanned_ = false;     ///< table_ has the names of a scan
    std::size_t unnamed_ = 0;  ///< entries that came with the map since then, whose names were not met yet
    Names left_out_;           ///< in cur/, but their UIDs could not be saved
    KeywordMap keywords_;
    std::optional<FileId> keywords_id_;  ///< of courierimapkeywords/ before keywords_ was read
    timespec keywords_look_{};
    std::optional<FileId> keyword_list_;  ///< ":list" as we know it
    bool stuck_ = false;                  ///< the last scan could not move a message out of new/
    bool keywords_known_ = true;          ///< no: they are there and could not be read
    std::size_t pending_keywords_ = 0;    ///< updates met since the list was last read

    /// Names that wait for their UIDs, by base.
    struct Arrival {
        std::string name;
        bool in_cur = false;
    };
    std::map<std::string, Arrival, std::less<>> arrivals_;
    std::set<std::string, std::less<>> lost_;   ///< bases
    std::set<std::string, std::less<>> twins_;  ///< bases that had two names at a time
    Progress progress_;

    std::optional<Look> last_look_;  ///< none: never scanned, or the last scan failed
    std::chrono::system_clock::time_point last_cleaning_{};
};

}  // namespace postrider::store::maildir
