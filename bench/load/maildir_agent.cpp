#include "load/maildir_agent.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

namespace postrider::bench {

namespace {

int checked(int result, const std::string& what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

Descriptor open_folder(const std::string& path) {
    return Descriptor(checked(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path));
}

}  // namespace

MaildirAgent::MaildirAgent(const std::string& maildir)
    : tmp_(open_folder(maildir + "/tmp")), new_(open_folder(maildir + "/new")) {
    struct stat status {};
    checked(::fstat(new_.get(), &status), maildir);
    uid_ = status.st_uid;
    gid_ = status.st_gid;
}

std::chrono::steady_clock::time_point MaildirAgent::deliver(std::string_view content) {
    std::string text(content);
    std::erase(text, '\r');
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::string name = std::to_string(now.tv_sec) + ".M" + std::to_string(now.tv_nsec / 1000) + 'P' +
                             std::to_string(::getpid()) + 'Q' + std::to_string(++number_) + ".bench";
    const Descriptor file(
        checked(::openat(tmp_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), name));
    if (checked(static_cast<int>(::write(file.get(), text.data(), text.size())), name) <
        static_cast<int>(text.size())) {
        throw std::system_error(ENOSPC, std::generic_category(), name);
    }
    if (::geteuid() == 0) {
        checked(::fchown(file.get(), uid_, gid_), name);
    }
    const auto moment = std::chrono::steady_clock::now();
    checked(::renameat(tmp_.get(), name.c_str(), new_.get(), name.c_str()), name);
    return moment;
}

}  // namespace postrider::bench
