#include "store/maildir/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

namespace postrider::store::maildir {

namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<Descriptor> open_directory_with(int parent, const std::string& name, int flags) {
    const int fd = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd >= 0) {
        return Descriptor(fd);
    }
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR || error == ELOOP) {
        return Error(Code::no_such_mailbox, "open " + name + ": " + std::strerror(error));
    }
    return system_error(error, "open " + name);
}

FileId id_of(const struct stat& status) {
    return {.inode = status.st_ino, .size = status.st_size, .modified = status.st_mtim};
}

std::chrono::nanoseconds duration_of(timespec time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Error rename_error(int error, const std::string& from, const std::string& to) {
    return error == ENOENT ? Error(Code::expunged, from) : system_error(error, "rename " + from + " to " + to);
}

/// For file systems without RENAME_NOREPLACE. A directory cannot be linked: there the look and the rename are two
/// steps, and rename itself refuses a target that holds anything.
Result<void> link_and_unlink(int from_directory, const std::string& from, int to_directory, const std::string& to) {
    if (::linkat(from_directory, from.c_str(), to_directory, to.c_str(), 0) == 0) {
        ::unlinkat(from_directory, from.c_str(), 0);
        return {};
    }
    if (errno != EPERM && errno != EOPNOTSUPP) {
        return rename_error(errno, from, to);
    }
    struct stat status {};
    if (::fstatat(to_directory, to.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        return Error(Code::already_exists, to);
    }
    if (::renameat(from_directory, from.c_str(), to_directory, to.c_str()) != 0) {
        return rename_error(errno, from, to);
    }
    return {};
}

}  // namespace

Result<Descriptor> open_directory(int parent, const std::string& name) {
    return open_directory_with(parent, name, O_NOFOLLOW);
}

Result<Descriptor> open_folder_directory(int maildir, const std::string& directory) {
    return open_directory_with(maildir, directory, 0);
}

Result<void> each_entry(int directory, const std::function<bool(const char* name, unsigned char d_type)>& visit) {
    Descriptor own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) {
        return system_error(errno, "open a directory to read it");
    }
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(own.get()));
    if (!stream) {
        return system_error(errno, "fdopendir");
    }
    (void)own.release();
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) {
            if (errno != 0) {
                return system_error(errno, "readdir");
            }
            return {};
        }
        const std::string_view name(entry->d_name);
        if (name != "." && name != ".." && !visit(entry->d_name, entry->d_type)) {
            return {};
        }
    }
}

bool operator==(const FileId& a, const FileId& b) {
    return a.inode == b.inode && a.size == b.size && a.modified.tv_sec == b.modified.tv_sec &&
           a.modified.tv_nsec == b.modified.tv_nsec;
}

std::optional<FileId> file_id(int directory, const std::string& name) {
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return std::nullopt;
    }
    return id_of(status);
}

std::optional<FileId> file_id(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        return std::nullopt;
    }
    return id_of(status);
}

bool is_unchanged(const std::optional<FileId>& then, const std::optional<FileId>& now, timespec look) {
    using namespace std::chrono_literals;
    if (!then || !now) {
        return !then && !now;
    }
    const auto tick = then->modified.tv_nsec == 0 ? std::chrono::nanoseconds(2s) : std::chrono::nanoseconds(20ms);
    return *then == *now && duration_of(then->modified) + tick < duration_of(look);
}

Result<Descriptor> open_regular(int directory, const std::string& name) {
    // O_NONBLOCK: a FIFO in the place of our file must not hold us up.
    Descriptor file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) {
        const int error = errno;
        if (error == ENOENT) {
            return Error(Code::expunged, name);
        }
        if (error == ELOOP || error == ENXIO) {
            return Error(Code::invalid_data, name + ": no regular file");
        }
        return system_error(error, "open " + name);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        return system_error(errno, "fstat " + name);
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(Code::invalid_data, name + ": no regular file");
    }
    return file;
}

Result<std::string> read_descriptor(int fd, std::size_t most) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        return system_error(errno, "fstat");
    }
    std::string content;
    std::size_t filled = 0;
    content.resize(std::min(most, static_cast<std::size_t>(status.st_size)) + 1);
    for (;;) {
        const ssize_t got = ::read(fd, content.data() + filled, content.size() - filled);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error(errno, "read");
        }
        filled += static_cast<std::size_t>(got);
        if (filled > most) {
            return Error(Code::limit, "file longer than " + std::to_string(most));
        }
        if (got == 0) {
            content.resize(filled);
            return content;
        }
        if (filled == content.size()) {
            content.resize(std::min(most + 1, filled + 64 * 1024));
        }
    }
}

Result<std::optional<std::string>> read_file(int directory, const std::string& name, std::size_t most) {
    const auto file = open_regular(directory, name);
    if (!file) {
        if (file.error().code == Code::expunged) {
            return std::optional<std::string>{};
        }
        return file.error();
    }
    auto content = read_descriptor(file->get(), most);
    if (!content) {
        return Error(content.error().code, name + ": " + content.error().detail);
    }
    return std::optional<std::string>(std::move(*content));
}

Result<void> create_file(int directory, const std::string& name, std::string_view content, Durability durability) {
    const Descriptor file(
        ::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file) {
        return system_error(errno, "create " + name);
    }
    if (auto written = write_all(file.get(), content); !written) {
        return written;
    }
    if (durability == Durability::durable && ::fdatasync(file.get()) != 0) {
        return system_error(errno, "fdatasync " + name);
    }
    return {};
}

Result<void> replace_file(int directory, const std::string& name, int temporary_directory,
                          const std::string& temporary_name, std::string_view content, Durability durability,
                          const std::function<bool()>& is_wanted) {
    auto done = create_file(temporary_directory, temporary_name, content, durability);
    if (done && is_wanted && !is_wanted()) {
        done = Error(Code::in_use, name + " was replaced by another program meanwhile");
    }
    if (done && ::renameat(temporary_directory, temporary_name.c_str(), directory, name.c_str()) != 0) {
        done = system_error(errno, "rename " + name);
    }
    if (!done) {
        ::unlinkat(temporary_directory, temporary_name.c_str(), 0);
        return done;
    }
    return sync_directory(directory, durability);
}

Result<void> sync_directory(int directory, Durability durability) {
    // EINVAL: a file system that cannot sync directories has no need to.
    if (durability == Durability::durable && ::fsync(directory) != 0 && errno != EINVAL) {
        return system_error(errno, "fsync of a directory");
    }
    return {};
}

Result<void> rename_no_replace(int from_directory, const std::string& from, int to_directory, const std::string& to) {
    if (::renameat2(from_directory, from.c_str(), to_directory, to.c_str(), RENAME_NOREPLACE) == 0) {
        return {};
    }
    if (errno == EINVAL || errno == ENOSYS) {
        return link_and_unlink(from_directory, from, to_directory, to);
    }
    return rename_error(errno, from, to);
}

Result<void> unlink_message(int directory, const std::string& name) {
    if (::unlinkat(directory, name.c_str(), 0) != 0) {
        return errno == ENOENT ? Error(Code::expunged, name) : system_error(errno, "unlink " + name);
    }
    return {};
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            // A limit on the size of files is to us what a full disk is.
            return system_error(errno == EFBIG ? ENOSPC : errno, "write");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace postrider::store::maildir
