#include "support/ordinary_user.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "auth/temp_folder.hpp"

namespace postrider::test {

namespace fs = std::filesystem;

namespace {

bool is_root() {
    return ::geteuid() == 0;
}

/// Removed with the copy when the tests end.
class Copy {
public:
    explicit Copy(const std::string& program) : path_(folder_ / "postrider") {
        fs::copy_file(program, path_);
        ::chmod(path_.c_str(), 0755);
        ::chmod(folder_.path().c_str(), 0711);
    }
    const std::string& path() const { return path_; }

private:
    TempFolder folder_;
    std::string path_;
};

}  // namespace

Owner ordinary_user() {
    return is_root() ? Owner{20001, 20001} : Owner{::geteuid(), ::getegid()};
}

void give(const fs::path& what, const Owner& owner) {
    if (!is_root()) {
        return;
    }
    if (::lchown(what.c_str(), owner.uid, owner.gid) != 0 && errno != ENOENT) {
        throw std::system_error(errno, std::generic_category(), what.string());
    }
    if (fs::is_directory(fs::symlink_status(what))) {
        for (const auto& entry : fs::directory_iterator(what)) {
            give(entry.path(), owner);
        }
    }
}

Owner owner_of(const fs::path& file) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0) {
        throw std::system_error(errno, std::generic_category(), file.string());
    }
    return {status.st_uid, status.st_gid};
}

std::string within_reach(const std::string& program) {
    if (!is_root()) {
        return program;
    }
    static const Copy copy(program);
    return copy.path();
}

bool become_ordinary() {
    const Owner owner = ordinary_user();
    return !is_root() || (::setgroups(0, nullptr) == 0 && ::setresgid(owner.gid, owner.gid, owner.gid) == 0 &&
                          ::setresuid(owner.uid, owner.uid, owner.uid) == 0);
}

}  // namespace postrider::test
