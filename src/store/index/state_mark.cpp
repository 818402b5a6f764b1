#include "store/index/state_mark.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace postrider::store::index {

namespace {

using Numbers = std::array<std::uint64_t, 2>;  // as this machine writes them: no other one is to read them

std::string name_of(std::uint64_t inode) {
    return std::to_string(inode);
}

/// 0: it is no file with a name of its own.
std::uint64_t inode_of(const Descriptor& file) {
    struct stat status {};
    const bool is_good = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
    return is_good ? status.st_ino : 0;
}

}  // namespace

StateMark::StateMark(const Place& place, std::uint64_t inode) : place_(place), inode_(inode) {
    const auto folder = place_.enter(Place::Missing::is_made);
    if (!folder) {
        return;
    }
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    file_ = Descriptor(::openat(folder->get(), name_of(inode).c_str(), flags, 0600));
    const bool is_locked = file_ && ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
    file_inode_ = is_locked ? inode_of(file_) : 0;
    if (file_inode_ == 0) {
        give_up();
        return;
    }
    Numbers numbers{};
    if (::pread(file_.get(), numbers.data(), sizeof numbers, 0) == static_cast<ssize_t>(sizeof numbers) &&
        numbers[1] == file_inode_) {
        found_ = ModSeq(numbers[0]);
    }
}

void StateMark::clear() {
    if (!file_ || !write(ModSeq()) || inode_of(file_) == 0) {
        give_up();
    }
}

void StateMark::set(ModSeq highest) {
    if (!write(highest)) {
        give_up();
    }
}

bool StateMark::write(ModSeq value) {
    const Numbers numbers{value.value(), file_inode_};
    return ::pwrite(file_.get(), numbers.data(), sizeof numbers, 0) == static_cast<ssize_t>(sizeof numbers);
}

void StateMark::give_up() {
    file_ = Descriptor();
    remove(place_, inode_);
}

void StateMark::remove(const Place& place, std::uint64_t inode) {
    if (const auto folder = place.enter(Place::Missing::is_error)) {
        (void)::unlinkat(folder->get(), name_of(inode).c_str(), 0);
    }
}

}  // namespace postrider::store::index
