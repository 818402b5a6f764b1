// What POP3 tells of the messages of an INBOX: sizes and UIDLs, kept in courierpop3dsizelist so that clients know again
// what they have. compat/maildir.md section 10, compat/pop3.md section 5.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/pop3_list.hpp"
#include "store/maildir/pop3_table.hpp"

namespace postrider::store::maildir {

/// How a message looks to a POP3 client.
struct Pop3Measure {
    std::uint64_t size = 0;  ///< octets, each LF counted as CRLF, a missing last line end with
    bool utf8 = false;       ///< a byte above 127 before the first empty line
};
/// Reads the whole file. file: open for reading.
Result<Pop3Measure> measure(int file);

/// One Maildir's list. Remembers what it told: as long as it lives a message keeps its UIDL, also when the file is lost
/// or cannot be written. Owned by the account; blocking, one thread at a time.
class Pop3ListFile {
public:
    /// host: as in names of files.
    Pop3ListFile(std::string host, Durability durability) : host_(std::move(host)), durability_(durability) {}

    /// The messages in delivery order, under their present names; the file is brought up to date.
    ///
    /// A message that the file knows has its UIDL from there; one that we told of before has that one; a new one gets
    /// the next number. Where the file cannot be written, or is too long or not for us to read (then it is not
    /// replaced), new messages get numbers made from their names: a number that is not on disk could be given again to
    /// another message, and a client would take that for one it has.
    ///
    /// Our own processes take turns. Courier takes no lock: a file that it replaced while this one was at work is read
    /// once more before it is replaced in turn.
    ///
    /// maildir: its descriptor. names: of the files in its cur/, in any order. A message that vanished meanwhile or
    /// cannot be read is left out. Errors: cur/ or the file cannot be read at the moment (an I/O error, too many open
    /// files): a client that is told other UIDLs meanwhile fetches all mail again.
    Result<std::vector<Pop3Entry>> update(int maildir, std::vector<std::string> names, std::chrono::sys_seconds now);

    /// What kept the last update from having all in the file, or a message out of it; empty: nothing.
    const std::string& trouble() const { return trouble_; }

    /// The messages of the last update.
    const std::shared_ptr<const Pop3Table>& told() const { return told_; }

    /// Whether an update with the same messages would find nothing to do: the file has all that was told, and is the
    /// one that was read. One call of the system.
    bool is_current(int maildir) const;

private:
    struct Work;

    Result<Work> begin(int maildir, std::chrono::sys_seconds now) const;
    Result<void> save(int maildir, const Work& work) const;
    void remember(const Work& work, bool is_saved);

    std::string host_;
    Durability durability_;
    std::uint64_t next_ = 1;
    std::string trouble_;
    std::uint64_t uid_validity_ = 0;                                         ///< 0: nothing was told yet
    std::shared_ptr<const Pop3Table> told_ = std::make_shared<Pop3Table>();  ///< owners: this, the sessions
    std::vector<Pop3Entry> unsaved_;                                         ///< of told_: those that the file has not
    std::optional<FileId> read_;  ///< the file from which all that was told comes; none: there is no such file
    timespec looked_{};           ///< when read_ was found
};

}  // namespace postrider::store::maildir
