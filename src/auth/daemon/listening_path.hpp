// The name of a listening socket in the file system.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace postrider::auth::daemon {

/// Removes the name when it ends, if it still is this socket's.
class ListeningPath {
public:
    explicit ListeningPath(std::string path);
    ~ListeningPath();
    ListeningPath(const ListeningPath&) = delete;
    ListeningPath& operator=(const ListeningPath&) = delete;

private:
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// A socket that listens at `path`, whose mode lets anybody connect who can come there. It is made beside, as
/// `path`.tmp, so that nobody meets one that does not listen yet. Errors: in_use (another daemon listens there),
/// and those of system calls.
Result<Descriptor> listen_at(const std::string& path);

}  // namespace postrider::auth::daemon
