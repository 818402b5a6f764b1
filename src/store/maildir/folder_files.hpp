// The files of one Maildir folder: scan, UIDs, flags, keywords, delivery, removal. compat/maildir.md sections 2-5.
// The Maildir is the truth: nothing here is believed longer than the directory's times allow.
// Blocking; one thread at a time (the account's strand).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/descriptor.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/maildir/delivery.hpp"
#include "store/maildir/dot_lock.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/keywords.hpp"
#include "store/maildir/message_table.hpp"
#include "store/maildir/uid_list.hpp"
#include "store/settings.hpp"

namespace postrider::store::maildir {

/// One message as a scan found it.
struct ScannedMessage {
    Uid uid;
    std::string name;  ///< in cur/
};

/// A folder at one moment.
struct Scan {
    UidValidity uid_validity;
    Uid uid_next;
    std::vector<ScannedMessage> messages;  ///< ascending UIDs
    std::vector<Uid> recent;               ///< of `messages`: those that this scan put into the map
    KeywordMap keywords;                   ///< of existing messages
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

    /// STATUS. Makes and saves a map where there is none (so that the UIDVALIDITY told is the one that stays).
    Result<StatusCounts> status(std::chrono::system_clock::time_point now);

    /// Adds and removes flags of one message by renaming it. name: as last known; a name that vanished is looked up
    /// again by its base, so a change made meanwhile by another program to other flags survives. Gives the new name.
    /// Errors: expunged.
    Result<std::string> change_flags(const std::string& name, Flags add, Flags remove);

    /// The complete new set. Errors: not_permitted when keywords are off.
    Result<void> set_keywords(std::string_view base, const std::vector<std::string>& keywords);

    /// Unlinks one message. Gone already is success. A name that vanished is looked up by its base.
    /// Errors: in_use when the name had the flag \Deleted and another program took it off meanwhile.
    Result<void> remove(const std::string& name);

    /// For reading. O_NOFOLLOW, regular files only. Errors: expunged.
    Result<Descriptor> open_message(const std::string& name) const;

    /// Makes messages visible, all or none: keywords written, each renamed without replacing into cur/ as
    /// "<base>:2,<flags>", cur/ fsynced, UIDs given in order, the map saved and durable; under the lock.
    /// Gives what a scan would: `recent` is for other programs' messages met on the way.
    struct Delivered {
        std::vector<Uid> uids;  ///< of the deliveries, in order
        Scan scan;              ///< the folder afterwards
    };
    Result<Delivered> deliver(std::vector<Delivery>& deliveries, std::chrono::system_clock::time_point now);

    /// Descriptors of the folder itself, for Delivery and for hard links.
    int folder() const { return folder_.get(); }
    int cur() const { return cur_.get(); }
    int arrivals() const { return new_.get(); }
    /// courierimapkeywords/; none where it is not there, or something else.
    Descriptor keyword_folder() const;
    std::optional<std::uint64_t> keyword_folder_inode() const;
    /// Of the names in the folder itself, those whose change may be one of its messages.
    static std::vector<std::string> watched_names();

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
    /// Names in cur/ or new/ that have no UID yet, by their bases.
    using Names = std::unordered_map<std::string, std::string>;

    FolderFiles() = default;

    Durability durability() const { return settings_.durable ? Durability::durable : Durability::relaxed; }
    Result<DotLock> lock() const;
    Look look() const;
    /// Whether the folder's directory still stands where it was opened: delete_folder moves it away first.
    bool is_in_its_maildir() const;

    // folder_scan.cpp
    Result<Scan> scan_locked(std::chrono::system_clock::time_point now, Writes writes);
    Result<void> read_uid_list(std::chrono::system_clock::time_point now);
    Result<void> save_uid_list();
    Result<void> make_uid_list(std::chrono::system_clock::time_point now);
    Result<Names> look_at_cur();
    void see(Names& fresh, const char* entry, unsigned char d_type);
    Result<void> accept_arrivals(Names& fresh);
    std::vector<Uid> settle(Names fresh, Writes writes);
    Result<void> refresh_keywords(std::chrono::system_clock::time_point now, Writes writes, bool messages_came);
    void clean_tmp(std::chrono::system_clock::time_point now);
    Scan snapshot(std::vector<Uid> recent) const;

    // folder_delivery.cpp
    struct Placing;
    Result<void> place(std::vector<Delivery>& deliveries, Placing& placing, std::chrono::system_clock::time_point now);
    Result<std::vector<Uid>> record(const Placing& placing);
    void undo(const Placing& placing);

    Descriptor folder_;
    Descriptor cur_;
    Descriptor new_;
    Descriptor tmp_;
    Settings settings_;
    std::string host_;
    bool is_main_ = false;
    std::optional<FileId> above_;  ///< the directory that holds the folder
    bool forgotten_ = false;       ///< the map on disk still has messages that we removed

    MessageTable table_;
    /// The map as last read or saved, kept open so that its inode cannot be given to a newer one. None: not on disk.
    Descriptor uid_list_;
    bool has_map_ = false;  ///< table_ has a UIDVALIDITY, if only for this process
    Names left_out_;        ///< in cur/, but their UIDs could not be saved
    KeywordMap keywords_;
    std::optional<FileId> keywords_id_;  ///< of courierimapkeywords/ before keywords_ was read
    timespec keywords_look_{};
    std::optional<Look> last_look_;  ///< none: never scanned, or the last scan failed
    std::chrono::system_clock::time_point last_cleaning_{};
};

}  // namespace postrider::store::maildir
