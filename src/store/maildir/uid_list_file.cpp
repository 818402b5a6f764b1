#include "store/maildir/uid_list_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include "store/watch/watcher.hpp"

namespace postrider::store::maildir {

namespace {

/// Three million messages. To take a longer list for none would renumber the folder: it is an error instead.
constexpr std::size_t most_list_bytes = 256 * 1024 * 1024;

std::string header_line(UidValidity uid_validity, Uid uid_next) {
    return print_uid_list({.uid_validity = uid_validity, .uid_next = uid_next, .entries = {}});
}

/// Reads exactly this much. Errors: also when the file ends before.
Result<std::string> read_at(int fd, std::int64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const ssize_t n = ::pread(fd, bytes.data() + got, size - got, offset + static_cast<off_t>(got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return Error(Code::unavailable, "the UID list cannot be read");
        }
        got += static_cast<std::size_t>(n);
    }
    return bytes;
}

Result<void> write_at(int fd, std::int64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return system_error(errno == EFBIG ? ENOSPC : errno, "write of the UID list");
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += n;
    }
    return {};
}

Result<void> make_last(int fd, Durability durability) {
    if (durability == Durability::durable && ::fdatasync(fd) != 0) {
        return system_error(errno, "fdatasync of the UID list");
    }
    return {};
}

}  // namespace

/// Programs never change the list in place, except ours, and those only add to it: as long as its name leads to the
/// file that we hold open, with the same size, it is the same.
Result<UidListFile::Look> UidListFile::look(int folder) {
    if (file_) {
        const auto named = file_id(folder, uid_list_file);
        if (named == known_) {
            return Look{};
        }
        if (named && named->inode == known_.inode && named->size > known_.size) {
            if (auto grown = look_behind_the_known()) {
                return std::move(*grown);
            }
        }
    }
    file_ = Descriptor();
    auto file = open_regular(folder, uid_list_file);
    if (!file && (file.error().code == Code::expunged || file.error().code == Code::invalid_data)) {
        return Look{.kind = Look::Kind::missing, .list = {}, .text = {}};
    }
    if (!file) {
        return file.error();
    }
    const auto before = file_id(file->get());
    auto read = read_descriptor(file->get(), most_list_bytes);
    if (!read || !before) {
        return Error(Code::unavailable, read ? "the UID list cannot be read" : read.error().detail);
    }
    auto text = std::make_shared<const std::string>(std::move(*read));
    auto list = parse_uid_list(*text);
    if (!list) {
        return Look{.kind = Look::Kind::missing, .list = {}, .text = {}};
    }
    hold(folder);
    known_ = *before;
    known_.size = static_cast<std::int64_t>(text->size());
    uid_validity_ = list->uid_validity;
    uid_next_ = list->uid_next;
    whole_lines_ = text->ends_with('\n');
    const auto held = file_ ? file_id(file_.get()) : std::nullopt;
    if (!held || held->inode != known_.inode) {
        file_ = std::move(*file);  // replaced this moment: the next look will see it
        writable_ = false;
    }
    return Look{.kind = Look::Kind::replaced, .list = std::move(*list), .text = std::move(text)};
}

/// What another process of ours added; none: it is not like that.
std::optional<UidListFile::Look> UidListFile::look_behind_the_known() {
    const auto now = file_id(file_.get());
    if (!now || now->size <= known_.size || !whole_lines_) {
        return std::nullopt;
    }
    const auto header_size = header_line(uid_validity_, uid_next_).size();
    const auto header = read_at(file_.get(), 0, header_size);
    const auto tail = read_at(file_.get(), known_.size, static_cast<std::size_t>(now->size - known_.size));
    if (!header || !tail || !header->ends_with('\n') || !tail->ends_with('\n')) {
        return std::nullopt;
    }
    auto text = std::make_shared<const std::string>(*header + *tail);
    auto added = parse_uid_list(*text);
    const auto lines = static_cast<std::size_t>(std::ranges::count(*tail, '\n'));
    if (!added || added->uid_validity != uid_validity_ || added->entries.size() != lines ||
        added->entries.front().uid < uid_next_) {
        return std::nullopt;
    }
    known_ = *now;
    uid_next_ = added->uid_next;
    return Look{.kind = Look::Kind::grown, .list = std::move(*added), .text = std::move(text)};
}

void UidListFile::hold(int folder) {
    constexpr int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    file_ = Descriptor(::openat(folder, uid_list_file, O_RDWR | flags));
    writable_ = file_ && Watcher::sees_all(folder);  // elsewhere other hosts' caches may not see it grow
    if (!file_) {
        file_ = Descriptor(::openat(folder, uid_list_file, O_RDONLY | flags));
    }
}

bool UidListFile::is_same(int folder) const {
    return file_ && file_id(folder, uid_list_file) == known_;
}

bool UidListFile::is_followed(int folder) const {
    const auto named = file_ ? file_id(folder, uid_list_file) : std::nullopt;
    return named && named->inode == known_.inode;
}

Result<void> UidListFile::replace(int folder, int tmp, const std::string& temporary_name, const UidList& list,
                                  Durability durability) {
    const auto text = print_uid_list(list);
    if (auto done = replace_file(folder, uid_list_file, tmp, temporary_name, text, durability); !done) {
        return done;
    }
    sync_failed_ = false;
    hold(folder);
    const auto id = file_ ? file_id(file_.get()) : std::nullopt;
    if (!id || id->size != static_cast<std::int64_t>(text.size())) {
        file_ = Descriptor();
        return {};
    }
    known_ = *id;
    uid_validity_ = list.uid_validity;
    uid_next_ = list.uid_next;
    whole_lines_ = true;
    return {};
}

Result<bool> UidListFile::append(const UidList& header, const std::vector<UidEntry>& entries, Durability durability) {
    const auto old_header = header_line(uid_validity_, uid_next_);
    const auto new_header = header_line(header.uid_validity, header.uid_next);
    struct stat status {};
    if (!file_ || !writable_ || sync_failed_ || !whole_lines_ || uid_validity_ != header.uid_validity ||
        old_header.size() != new_header.size() || ::fstat(file_.get(), &status) != 0 || status.st_nlink != 1 ||
        status.st_size != known_.size) {
        return false;
    }
    const auto present = read_at(file_.get(), 0, old_header.size());
    if (!present || *present != old_header) {
        return false;
    }
    if (auto done = write_at(file_.get(), 0, new_header); !done) {
        return done.error();
    }
    uid_next_ = header.uid_next;
    if (auto done = make_last(file_.get(), durability); !done) {
        sync_failed_ = true;
        file_ = Descriptor();
        return done.error();
    }
    std::string lines;
    for (const auto& entry : entries) {
        lines.append(std::to_string(entry.uid.value())).append(" ").append(entry.base).append("\n");
    }
    if (auto done = add_lines(lines, durability); !done) {
        return done.error();
    }
    return true;
}

/// All or none: what could not be written whole is cut off again (where even that fails, a reader drops a torn last
/// line, and a whole one is right).
Result<void> UidListFile::add_lines(const std::string& lines, Durability durability) {
    auto done = write_at(file_.get(), known_.size, lines);
    if (done) {
        done = make_last(file_.get(), durability);
        sync_failed_ = !done;
    }
    const auto now = file_id(file_.get());
    if (done && now) {
        known_ = *now;
        return {};
    }
    const int cut = ::ftruncate(file_.get(), known_.size);
    file_ = Descriptor();  // looked at anew before the next change
    if (cut != 0) {
        return Error(Code::unavailable, "ftruncate of the UID list");
    }
    return done ? Error(Code::unavailable, "fstat of the UID list") : done;
}

}  // namespace postrider::store::maildir
