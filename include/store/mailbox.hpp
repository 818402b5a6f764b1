// A mailbox that one session has selected: its view, and what can be done to its messages.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "mime/structure.hpp"
#include "store/index.hpp"
#include "store/message.hpp"
#include "store/view.hpp"

namespace postrider::store {

class Folder;
class User;

enum class Access : std::uint8_t { read_only, read_write };
/// Whether messages put into a mailbox add to what the account's quota counts: not those that only change theirs.
enum class Adds : bool { no, yes };
enum class FlagOperation : std::uint8_t { add, remove, replace };

/// STORE's wish. uids: ascending.
struct FlagChange {
    std::vector<Uid> uids;
    FlagOperation operation = FlagOperation::add;
    Flags flags;
    std::vector<std::string> keywords;
};

/// What EXPUNGE removed.
struct Expunged {
    std::string directory;  ///< "." or ".a.b"
    std::vector<Uid> uids;
    std::vector<std::string> names;        ///< of the files in its cur/, for the log
    std::string trash;                     ///< the trash folder, ".Trash"
    std::map<Uid, std::string> new_names;  ///< in the trash folder's cur/: of those that were moved there
};

/// Where COPY put what. RFC 4315 section 3.
struct Copied {
    UidValidity uid_validity;
    std::vector<Uid> source;
    std::vector<Uid> target;
};

/// One message's file, open for reading. Pool only; one thread at a time.
class MessageReader {
public:
    /// file: a message's, open for reading.
    static Result<MessageReader> over(Descriptor file);
    MessageReader(MessageReader&& other) noexcept;
    MessageReader& operator=(MessageReader&& other) noexcept;
    ~MessageReader();

    std::uint64_t size() const { return size_; }
    /// INTERNALDATE: the file's mtime.
    std::chrono::sys_seconds internal_date() const { return date_; }

    /// Bytes from offset on, at most `most`; empty at the end of the file. A view into room (replaced), or into this;
    /// until room changes, or the next read.
    Result<std::string_view> read(std::uint64_t offset, std::size_t most, std::string& room) const;
    /// A stretch of the file with its LFs counted (RFC822.SIZE is that of the whole). Reads it.
    Result<mime::Extent> extent(std::uint64_t begin, std::uint64_t end) const;
    /// The header with its empty line, at most limits::header_bytes. Read once.
    Result<std::string_view> header();
    /// The tree of the whole message. Read once.
    Result<const mime::Part*> structure();
    /// StructureFacts::content_id. Reads the whole, and structure() needs not read it again.
    Result<std::array<std::uint64_t, 2>> content_id();

private:
    MessageReader(int fd, std::uint64_t size, std::chrono::sys_seconds date) : fd_(fd), size_(size), date_(date) {}

    Result<void> read_file(std::uint64_t offset, std::size_t most, std::string& out) const;
    enum class Identify : bool { no, yes };
    Result<void> scan(Identify identify);

    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::chrono::sys_seconds date_;
    mutable std::string small_;  ///< what was read of a small file: most are read more than once
    std::optional<std::string> header_;
    std::optional<mime::Part> structure_;
    std::optional<std::array<std::uint64_t, 2>> content_id_;
};

/// Owned by a session. Members that give a Task are awaited on the session's strand; their file work runs on the
/// account's strand of the pool.
class Mailbox {
public:
    Mailbox(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, std::string name, Access access);
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    const std::string& name() const { return name_; }
    Access access() const { return access_; }
    /// What the client knows. Stays valid for pool work that keeps the pointer.
    const std::shared_ptr<const View>& view() const { return view_; }

    /// Looks whether the folder changed and moves the view on. Errors: no_such_mailbox (deleted or renumbered: the
    /// session must end, RFC 2180 section 3.3).
    Task<Result<Changes>> sync(Expunges expunges);
    /// The same without a look at the disk: only what this process knows already. After a sync().
    Result<Changes> news(Expunges expunges);
    /// Whether news() would not tell all: sync() is due. Any thread.
    bool must_sync() const;
    /// The same without \Recent.
    Changes catch_up(Expunges expunges);

    Task<Result<void>> store_flags(FlagChange change);
    /// Removes \Deleted messages; where IMAP_MOVE_EXPUNGE_TO_TRASH says so, moves those to the trash folder that this
    /// session has not copied anywhere. only: none for every \Deleted message. Errors: not_permitted when read-only.
    Task<Result<Expunged>> expunge(std::optional<std::vector<Uid>> only);
    /// All or none. uids: of messages in this mailbox. Errors: no_such_mailbox, expunged, no_space, over_quota.
    Task<Result<Copied>> copy(std::vector<Uid> uids, std::string target);

    /// Opens a message of the view. Pool only, any thread. Errors: expunged, unavailable.
    Result<MessageReader> open(const Message& message) const;
    /// A look into the index, for one piece of pool work. Pool only.
    IndexLook look() const { return index_.look(); }
    /// The pool strand on which this session's reading runs: beside the account's changes, one piece at a time.
    const PoolStrand& reading_strand() const { return reading_; }

    /// Calls notify from any thread whenever there is news, until the Mailbox ends or it is called with an empty
    /// function.
    void on_change(std::function<void()> notify);

private:
    friend class User;

    std::shared_ptr<User> user_;      ///< owners: the sessions of the account
    std::shared_ptr<Folder> folder_;  ///< owners: the Mailboxes on it
    std::string name_;
    Access access_;
    IndexedFolder index_;
    PoolStrand reading_;
    std::shared_ptr<const View> view_;
    std::uint64_t listener_ = 0;
    std::set<Uid> copied_;  ///< by this session, where expunged messages go to the trash
};

}  // namespace postrider::store
