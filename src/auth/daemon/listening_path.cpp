#include "auth/daemon/listening_path.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/log.hpp"

namespace postrider::auth::daemon {

namespace {

constexpr int waiting_connections = 128;
constexpr mode_t folder_mode = 0750;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    return at;
}

Descriptor new_socket() {
    return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// None: nobody listens there.
std::optional<Error> occupied(const std::string& path) {
    const Descriptor probe = new_socket();
    const sockaddr_un at = address_of(path);
    if (!probe) {
        return system_error(errno, "socket");
    }
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 || errno == EAGAIN) {
        return Error(Code::in_use, path + ": another authdaemond listens there");
    }
    return errno == ENOENT || errno == ECONNREFUSED ? std::nullopt : std::optional(system_error(errno, path));
}

/// An error is told by what is tried next.
void make_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder.parent_path(), ignored);
    struct stat above {};
    if (::mkdir(folder.c_str(), folder_mode) == 0 && ::stat((folder / "..").c_str(), &above) == 0) {
        if (::chown(folder.c_str(), static_cast<uid_t>(-1), above.st_gid) != 0) {
            log_line(LogLevel::warning, folder.string() + ": cannot give it the group of the folder above");
        }
        ::chmod(folder.c_str(), folder_mode);  // whatever the umask is
    }
    struct stat found {};
    if (::stat(folder.c_str(), &found) == 0 && (found.st_mode & S_IXOTH) != 0) {
        log_line(LogLevel::warning, folder.string() + ": every user can ask for accounts and password hashes here");
    }
}

}  // namespace

ListeningPath::ListeningPath(std::string path) : path_(std::move(path)) {
    struct stat own {};
    if (::lstat(path_.c_str(), &own) == 0) {
        device_ = own.st_dev;
        inode_ = own.st_ino;
    }
}

ListeningPath::~ListeningPath() {
    struct stat now {};
    if (::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

Result<Descriptor> listen_at(const std::string& path) {
    const std::string beside = path + ".tmp";
    if (beside.size() >= sizeof(sockaddr_un::sun_path)) {
        return system_error(ENAMETOOLONG, path);
    }
    make_folder(std::filesystem::path(path).parent_path());
    if (auto trouble = occupied(path)) {
        return std::move(*trouble);
    }
    ::unlink(beside.c_str());
    Descriptor socket = new_socket();
    const sockaddr_un at = address_of(beside);
    const bool good = socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
                      ::chmod(beside.c_str(), 0777) == 0 && ::listen(socket.get(), waiting_connections) == 0 &&
                      ::rename(beside.c_str(), path.c_str()) == 0;
    if (!good) {
        return system_error(errno, path);
    }
    return socket;
}

}  // namespace postrider::auth::daemon
