// A message on its way into a folder: a file in tmp/ until FolderFiles::deliver makes it visible.
// Durability: docs/architecture.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "store/maildir/files.hpp"
#include "store/message.hpp"

namespace postrider::store::maildir {

/// Removes its temporary file when it ends without being delivered. Blocking: pool only.
class Delivery {
public:
    /// A folder's tmp/. Owners: the deliveries of one command.
    using SharedDirectory = std::shared_ptr<const Descriptor>;
    static Result<SharedDirectory> open_tmp(int folder);

    /// A new, empty file in the folder's tmp/ (O_EXCL, mode 0666 & ~umask).
    static Result<Delivery> create(int folder, const std::string& host);

    /// A hard link of a message of another (or the same) folder; a durable copy where links cannot be made (EXDEV,
    /// EMLINK, EPERM). source_cur: descriptor of its cur/. mtime kept. Errors: expunged.
    static Result<Delivery> link(SharedDirectory tmp, const std::string& host, int source_cur,
                                 const std::string& source_name, Durability durability);

    /// Appends wire text: CRLF becomes LF, also when cut between two calls; all other bytes stay as they are.
    Result<void> write(std::string_view wire_text);

    /// After the last piece: what is held back is written, mtime set when a date is given, fdatasync.
    Result<void> finish(std::optional<std::chrono::sys_seconds> date, Durability durability);

    Flags flags;
    std::vector<std::string> keywords;

    Delivery(Delivery&& other) noexcept;
    Delivery& operator=(Delivery&& other) noexcept;
    ~Delivery();

    const std::string& temporary_name() const { return name_; }
    /// Of the file, in bytes; once it is finished.
    std::uint64_t size() const { return size_; }
    /// The base name the message will have in cur/.
    Result<std::string> final_base() const;
    /// The file is in cur/ now: nothing is left to remove.
    void delivered() { name_.clear(); }

private:
    Delivery(SharedDirectory tmp, std::string name, Descriptor file);
    static Result<Delivery> create_in(SharedDirectory tmp, const std::string& host);
    Result<void> copy_from(int source);
    /// The file is complete: what its final name needs is noted and it is closed, so that a COPY of many messages does
    /// not need as many descriptors.
    Result<void> complete();

    SharedDirectory tmp_;
    std::string name_;  ///< "" when there is nothing to remove
    Descriptor file_;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::uint64_t size_ = 0;
    bool pending_cr_ = false;
    bool finished_ = false;  ///< a link or a copy: complete when made
};

}  // namespace postrider::store::maildir
