// System calls on Maildir files with the error handling and the durability rules in one place. Blocking: pool only.
// Every path is relative to a directory's descriptor and is never followed through a symbolic link.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace postrider::store::maildir {

/// Whether writes are made to last: Settings::durable.
enum class Durability : bool { relaxed, durable };

/// Errors: no_such_mailbox when it is not there or no directory.
Result<Descriptor> open_directory(int parent, const std::string& name);

/// A folder's own directory: sites share folders by symbolic links in the Maildir, so this one name is followed.
Result<Descriptor> open_folder_directory(int maildir, const std::string& directory);

/// Calls visit for each entry (without "." and ".."); visit gives false to stop.
Result<void> each_entry(int directory, const std::function<bool(const char* name, unsigned char d_type)>& visit);

/// What tells two states of a file or directory apart.
struct FileId {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    timespec modified{};
    friend bool operator==(const FileId& a, const FileId& b);
};
std::optional<FileId> file_id(int directory, const std::string& name);
std::optional<FileId> file_id(int fd);

/// Whether nothing can have changed since `look`, the real time just before `then` was noted. File systems count in
/// ticks of the kernel (4 to 10 ms), some in seconds: a change right after the look can leave the same time behind, so
/// a time too near to the look says nothing.
bool is_unchanged(const std::optional<FileId>& then, const std::optional<FileId>& now, timespec look);

/// For reading; never waits, whatever stands there. Errors: expunged when it is not there, invalid_data when it is no
/// regular file.
Result<Descriptor> open_regular(int directory, const std::string& name);

/// All of an open file. At most `most` bytes: more is `limit`.
Result<std::string> read_descriptor(int fd, std::size_t most);

/// The whole file; none when it is not there. At most `most` bytes: more is `limit`.
Result<std::optional<std::string>> read_file(int directory, const std::string& name, std::size_t most);

/// A new file (O_EXCL, mode 0666 & ~umask), written and fdatasynced. On an error it may be left behind, incomplete.
Result<void> create_file(int directory, const std::string& name, std::string_view content, Durability durability);

/// Replaces `name` in `directory`: a file in `temporary_directory` (mode 0666 & ~umask), write, fdatasync, rename,
/// fsync of the directory (reliability: the old file stays whole until the new one is durable). On any error the old
/// file stays and the temporary one is removed; only when the last fsync fails the new file is there already.
/// is_wanted: asked right before the rename; when it says no nothing is replaced: in_use.
Result<void> replace_file(int directory, const std::string& name, int temporary_directory,
                          const std::string& temporary_name, std::string_view content, Durability durability,
                          const std::function<bool()>& is_wanted = {});

Result<void> sync_directory(int directory, Durability durability);

/// renameat2 with RENAME_NOREPLACE; link + unlink where the file system lacks it. Errors: already_exists;
/// expunged when `from` is not there.
Result<void> rename_no_replace(int from_directory, const std::string& from, int to_directory, const std::string& to);

/// Removes a message's file. Errors: expunged when it is not there.
Result<void> unlink_message(int directory, const std::string& name);

/// Writes all of it, through short writes and EINTR.
Result<void> write_all(int fd, std::string_view bytes);

}  // namespace postrider::store::maildir
