#include "auth/vpopmail/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/descriptor.hpp"

namespace postrider::auth {

namespace {

Error unreadable(const std::string& path, const std::string& why) {
    return {Code::unavailable, path + ": " + why};
}

}  // namespace

Result<std::optional<Secret>> read_file(const std::string& path, std::size_t most, Links links) {
    const int no_links = links == Links::refuse ? O_NOFOLLOW : 0;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | no_links));
    if (!file && (errno == ENOENT || errno == ENOTDIR)) {
        return std::optional<Secret>();
    }
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return unreadable(path, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return unreadable(path, "not a file");
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > most) {
        return unreadable(path, "longer than " + std::to_string(most) + " bytes");
    }
    Secret content(std::string(size, '\0'));
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got = ::read(file.get(), content.text.data() + done, size - done);
        if (got < 0 && errno != EINTR) {
            return unreadable(path, std::strerror(errno));
        }
        if (got == 0) {
            return unreadable(path, "cut while it was read");
        }
        done += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    return std::optional(std::move(content));
}

}  // namespace postrider::auth
