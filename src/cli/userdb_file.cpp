#include "cli/userdb_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace postrider::cli {

namespace {

constexpr int exit_not_a_file = 25;

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

bool write_durably(const std::string& path, std::string_view text, mode_t mode) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    return file && write_all(file.get(), text) && ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0;
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

/// Reads the file if there is one; `mode` stays as it is if not.
std::optional<FileFailure> read_into(const std::string& path, std::string& text, mode_t& mode) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) {
        return std::nullopt;
    }
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return cannot_open(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return FileFailure{path + ": not a file.", exit_not_a_file};
    }
    mode = status.st_mode & 07777;
    if (!read_all(file.get(), text)) {
        return cannot_open(path, errno);
    }
    return std::nullopt;
}

}  // namespace

boost::system::result<std::string, FileFailure> read_userdb_file(const std::string& path) {
    std::string text;
    mode_t mode = 0;
    if (auto failure = read_into(path, text, mode)) {
        return std::move(*failure);
    }
    return text;
}

boost::system::result<UserdbFile, FileFailure> UserdbFile::open(const std::string& path) {
    const auto real = resolved(path);
    UserdbFile file;
    file.folder_ = real.has_parent_path() ? real.parent_path().string() : ".";
    file.name_ = real.filename().string();
    const std::string lock_path = file.folder_ + "/.lock." + file.name_;
    file.lock_ = Descriptor(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.lock_ || ::flock(file.lock_.get(), LOCK_EX) != 0) {
        return cannot_open(lock_path, errno);
    }
    if (auto failure = read_into(real.string(), file.text_, file.mode_)) {
        return std::move(*failure);
    }
    return file;
}

std::optional<FileFailure> UserdbFile::replace(const std::string& text) const {
    const std::string temporary = folder_ + "/.tmp." + name_;
    const std::string target = folder_ + "/" + name_;
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        return cannot_open(temporary, errno);
    }
    if (!write_durably(temporary, text, mode_) || ::rename(temporary.c_str(), target.c_str()) != 0 ||
        !sync_folder(folder_)) {
        const int error = errno;
        ::unlink(temporary.c_str());
        return FileFailure{"Can't write " + target + ": " + std::strerror(error), error};
    }
    return std::nullopt;
}

}  // namespace postrider::cli
