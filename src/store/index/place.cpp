#include "store/index/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "store/watch/watcher.hpp"

namespace postrider::store::index {

std::optional<Place> Place::of(int maildir, const Settings& settings) {
    struct stat status {};
    if (!settings.index || ::fstat(maildir, &status) != 0) {
        return std::nullopt;
    }
    if (!settings.index_dir.empty()) {
        // Device numbers may change between two starts of the machine: then that index is made anew.
        const std::string name = std::to_string(status.st_dev) + "-" + std::to_string(status.st_ino);
        return Place(maildir, settings.index_dir, name, status.st_ino);
    }
    // Reading beside a writer needs one view of the file's pages, and a lock that is honoured: neither is sure
    // elsewhere.
    return Watcher::sees_all(maildir) ? std::optional(Place(maildir, {}, folder_name, status.st_ino)) : std::nullopt;
}

Result<Descriptor> Place::enter(Missing missing) const {
    Descriptor above;
    if (!above_.empty()) {
        above = Descriptor(::open(above_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!above) {
            return system_error(errno, above_);
        }
    }
    const int parent = above ? above.get() : maildir_;
    if (missing == Missing::is_made && ::mkdirat(parent, name_.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error(errno, "mkdir " + name_);
    }
    Descriptor folder(::openat(parent, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!folder || ::fstat(folder.get(), &status) != 0) {
        const bool is_odd = errno == ENOTDIR || errno == ELOOP;
        return is_odd ? Error(Code::not_permitted, name_ + ": no directory") : system_error(errno, "open " + name_);
    }
    if (status.st_uid != ::geteuid()) {
        return Error(Code::not_permitted, name_ + ": belongs to uid " + std::to_string(status.st_uid));
    }
    if ((status.st_mode & 07777) != 0700 && ::fchmod(folder.get(), 0700) != 0) {
        return system_error(errno, "chmod " + name_);
    }
    return folder;
}

}  // namespace postrider::store::index
