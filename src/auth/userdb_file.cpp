#include "auth/userdb_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace postrider::auth {

namespace {

constexpr int exit_not_a_file = 25;
constexpr int most_tries = 10;

FileFailure not_a_file(const std::string& path) {
    return {path + ": not a file.", exit_not_a_file};
}

FileFailure cannot_open(const std::string& path, int errno_value) {
    return {"Can't open " + path + ": " + std::strerror(errno_value), errno_value};
}

/// What a link points to, also when that does not exist yet.
std::filesystem::path resolved(const std::string& path) {
    std::error_code error;
    auto real = std::filesystem::weakly_canonical(path, error);
    return error ? std::filesystem::path(path) : real;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return true;
}

/// Only root can give a file to its old owner; who else may write here becomes its owner, as with Courier.
bool keep_owner(int fd, const struct stat& old) {
    return ::fchown(fd, old.st_uid, old.st_gid) == 0 || errno == EPERM;
}

/// old: of the file whose owner and permission bits the new one gets.
bool write_durably(const std::string& path, std::string_view text, const std::optional<struct stat>& old) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    return file && write_all(file.get(), text) &&
           (!old || (keep_owner(file.get(), *old) && ::fchmod(file.get(), old->st_mode & 07777) == 0)) &&
           ::fsync(file.get()) == 0;
}

bool sync_folder(const std::string& path) {
    const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder && ::fsync(folder.get()) == 0;
}

bool read_all(int fd, std::string& text) {
    std::string piece(65536, '\0');
    while (true) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno != EINTR) {
            return false;
        }
        if (got == 0) {
            return true;
        }
        text.append(piece, 0, got > 0 ? static_cast<std::size_t>(got) : 0);
    }
}

/// A file as it was read. status: none where there is no file.
struct Content {
    std::string text;
    std::optional<struct stat> status;
};

boost::system::result<Content, FileFailure> content_of(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) {
        return Content{};
    }
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return cannot_open(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return not_a_file(path);
    }
    Content content{{}, status};
    if (!read_all(file.get(), content.text)) {
        return cannot_open(path, errno);
    }
    return content;
}

/// Whether the file at the path is the one that was read, unchanged since.
bool is_unchanged(const std::string& path, const std::optional<struct stat>& read) {
    struct stat now {};
    if (::stat(path.c_str(), &now) != 0) {
        return !read && errno == ENOENT;
    }
    const auto key = [](const struct stat& s) {
        return std::tuple(s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    };
    return read && key(now) == key(*read);
}

}  // namespace

boost::system::result<std::string, FileFailure> read_userdb_file(const std::string& path) {
    auto content = content_of(path);
    if (!content) {
        return content.error();
    }
    return std::move(content->text);
}

boost::system::result<UserdbFile, FileFailure> UserdbFile::open(const std::string& path) {
    const auto real = resolved(path);
    UserdbFile file;
    file.folder_ = real.has_parent_path() ? real.parent_path().string() : ".";
    file.name_ = real.filename().string();
    struct stat status {};
    if (::stat(real.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        return not_a_file(real);  // before there is a lock beside it: where a link leads to /dev/null, in /dev
    }
    const std::string lock_path = file.folder_ + "/.lock." + file.name_;
    file.lock_ = Descriptor(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.lock_ || ::flock(file.lock_.get(), LOCK_EX) != 0) {
        return cannot_open(lock_path, errno);
    }
    return file;
}

std::optional<FileFailure> UserdbFile::change(
    const std::function<std::optional<std::string>(const std::string& text)>& edit) {
    const std::string temporary = folder_ + "/.tmp." + name_;
    for (int tries = 0; tries < most_tries; ++tries) {
        const auto old = content_of(path());
        if (!old) {
            return old.error();
        }
        const auto text = edit(old->text);
        if (!text) {
            return std::nullopt;
        }
        if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
            return cannot_open(temporary, errno);
        }
        const bool written = write_durably(temporary, *text, old->status);
        if (written && !is_unchanged(path(), old->status)) {
            continue;
        }
        if (!written || ::rename(temporary.c_str(), path().c_str()) != 0 || !sync_folder(folder_)) {
            const int error = errno;
            ::unlink(temporary.c_str());
            return FileFailure{"Can't write " + path() + ": " + std::strerror(error), error};
        }
        return std::nullopt;
    }
    ::unlink(temporary.c_str());
    return FileFailure{path() + ": another program changes it all the time", 1};
}

}  // namespace postrider::auth
