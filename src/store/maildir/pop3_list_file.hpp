// What POP3 tells of the messages of an INBOX: sizes and UIDLs, kept in courierpop3dsizelist so that clients know again
// what they have. compat/maildir.md section 10, compat/pop3.md section 5.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/maildir/pop3_list.hpp"

namespace postrider::store::maildir {

/// How a message looks to a POP3 client.
struct Pop3Measure {
    std::uint64_t size = 0;  ///< octets, each LF counted as CRLF, a missing last line end with
    bool utf8 = false;       ///< a byte above 127 before the first empty line
};
/// Reads the whole file. file: open for reading.
Result<Pop3Measure> measure(int file);

/// One Maildir's list. Remembers what it told: as long as it lives a message keeps its UIDL, also when the file is lost
/// or cannot be written. Owned by the account; blocking, one thread at a time (the account's strand).
class Pop3ListFile {
public:
    /// host: as in names of files.
    Pop3ListFile(std::string host, Durability durability) : host_(std::move(host)), durability_(durability) {}

    /// The messages in delivery order, under their present names; the file is brought up to date.
    ///
    /// A message that the file knows has its UIDL from there; one that we told of before has that one; a new one gets
    /// the next number. Where the file cannot be written, or not be read now (then it is not replaced), new messages
    /// get numbers made from their names: a number that is not on disk could be given again to another message, and a
    /// client would take that for one it has.
    ///
    /// maildir: its descriptor. names: of the files in its cur/, in any order. A message that vanished meanwhile or
    /// cannot be read is left out.
    std::vector<Pop3Entry> update(int maildir, std::vector<std::string> names, std::chrono::sys_seconds now);

private:
    struct Work;

    Work begin(int maildir, std::chrono::sys_seconds now) const;
    Result<void> save(int maildir, const Pop3List& list) const;

    std::string host_;
    Durability durability_;
    Pop3List told_;                   ///< no uid validity: nothing was told yet
    std::vector<Pop3Entry> unsaved_;  ///< of told_: those that the file has not
};

}  // namespace postrider::store::maildir
