#include "auth/userdb_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/descriptor.hpp"

namespace postrider::auth {

namespace {

Error unreadable(const std::string& path, int errno_value) {
    return {Code::unavailable, path + ": " + std::strerror(errno_value)};
}

/// The names in a folder, sorted.
Result<std::vector<std::string>> names_in(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
    if (folder == nullptr) {
        return unreadable(path, errno);
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
        names.emplace_back(entry->d_name);
        errno = 0;
    }
    if (errno != 0) {
        return unreadable(path, errno);
    }
    std::ranges::sort(names);
    return names;
}

bool is_newer(const struct stat& a, const struct stat& b) {
    return std::pair(a.st_mtim.tv_sec, a.st_mtim.tv_nsec) > std::pair(b.st_mtim.tv_sec, b.st_mtim.tv_nsec);
}

/// x.dist beside a newer x is the old text of a package.
bool is_superseded(const std::string& path, std::string_view suffix) {
    struct stat own {};
    struct stat other {};
    return ::stat(path.c_str(), &own) == 0 &&
           ::stat(path.substr(0, path.size() - suffix.size()).c_str(), &other) == 0 && is_newer(other, own);
}

enum class Use : std::uint8_t { read, skip, refuse };

Use use_of(std::string_view name, const std::string& path) {
    if (name.starts_with('.') || name.find('~') != std::string_view::npos) {
        return Use::skip;
    }
    const auto dot = name.rfind('.');
    const auto suffix = dot == std::string_view::npos ? std::string_view() : name.substr(dot);
    if (suffix == ".dist" && is_superseded(path, suffix)) {
        return Use::skip;
    }
    const bool leftover =
        suffix == ".dist" || suffix == ".rpmsave" || suffix == ".rpmnew" || suffix.starts_with(".dpkg-");
    return leftover ? Use::refuse : Use::read;
}

/// Walks the tree; queue_ holds folders, files_ what was found.
class Walk {
public:
    explicit Walk(const std::string& path) : root_(path) {}

    Result<std::vector<SourceFile>> run() {
        if (auto error = add(root_, "")) {
            return std::move(*error);
        }
        while (!queue_.empty()) {
            const SourceFile folder = std::move(queue_.front());
            queue_.pop_front();
            if (auto error = open(folder)) {
                return std::move(*error);
            }
        }
        return std::move(files_);
    }

private:
    std::optional<Error> add(const std::string& path, std::string location) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) {
            return unreadable(path, errno);
        }
        if (!S_ISDIR(status.st_mode)) {
            files_.push_back({path, std::move(location)});
        } else if (seen_.emplace(status.st_dev, status.st_ino).second) {
            queue_.push_back({path, std::move(location)});
        }
        return std::nullopt;
    }

    std::optional<Error> open(const SourceFile& folder) {
        auto names = names_in(folder.path);
        if (!names) {
            return names.error();
        }
        for (const auto& name : *names) {
            const std::string path = folder.path + "/" + name;
            const Use use = use_of(name, path);
            if (use == Use::refuse) {
                return Error(Code::invalid_data, path + ": left over by a package; remove it or give it another name");
            }
            if (use == Use::read) {
                if (auto error = add(path, folder.location + name + "/")) {
                    return error;
                }
            }
        }
        return std::nullopt;
    }

    std::string root_;
    std::deque<SourceFile> queue_;
    std::set<std::pair<dev_t, ino_t>> seen_;
    std::vector<SourceFile> files_;
};

bool is_dev_null(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

}  // namespace

Result<std::vector<SourceFile>> source_files(const std::string& path) {
    return Walk(path).run();
}

Result<std::string> read_source(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return unreadable(path, errno);
    }
    if (is_dev_null(status)) {
        return std::string();
    }
    if (!S_ISREG(status.st_mode)) {
        return Error(Code::invalid_data, path + ": not a file.");
    }
    std::string text;
    text.reserve(static_cast<std::size_t>(status.st_size));
    std::string piece(65536, '\0');
    while (true) {
        const ssize_t got = ::read(file.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return unreadable(path, errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(piece, 0, static_cast<std::size_t>(got));
    }
}

}  // namespace postrider::auth
