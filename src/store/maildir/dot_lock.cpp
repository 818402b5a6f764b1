// A folder is locked by the hard link tmp/courier.lock to a file that says "<pid>:<host name>". Two things are added to
// Courier's protocol, neither of which another program can notice:
// - Threads of this process have the same pid, so a lock of our own would look stale to us. A table of the folders
//   that this process holds is asked first; who is in it, waits there, and a lock with our pid on disk is then stale.
// - Two processes that find the same stale lock must not remove each other's new one. Courier sleeps five seconds
//   after the removal; we remove the file only while holding flock() on it, and only if it still has the lock's name.
#include "store/maildir/dot_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/text.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store::maildir {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr const char* lock_name = "courier.lock";
constexpr std::size_t most_lock_bytes = 1024;
constexpr auto foreign_age = 120s;
constexpr auto boot_slack = 2s;
constexpr auto first_wait = 1ms;
constexpr auto longest_wait = 50ms;

using FolderKey = std::pair<dev_t, ino_t>;

/// What stands on disk for a folder that this process holds.
struct Held {
    Descriptor tmp;
    Descriptor file;  ///< the lock, open so that its inode is not given to another; none where there are no hard links
};

std::mutex table_mutex;
std::condition_variable table_changed;
std::map<FolderKey, Held> table;

std::optional<FolderKey> key_of(int folder) {
    struct stat status {};
    if (::fstat(folder, &status) != 0) {
        return std::nullopt;
    }
    return FolderKey(status.st_dev, status.st_ino);
}

bool enter_table(FolderKey key, steady_clock::time_point deadline) {
    std::unique_lock guard(table_mutex);
    if (!table_changed.wait_until(guard, deadline, [&] { return !table.contains(key); })) {
        return false;
    }
    table.try_emplace(key);
    return true;
}

void leave_table(FolderKey key) {
    const std::lock_guard guard(table_mutex);
    table.erase(key);
    table_changed.notify_all();
}

/// gethostname(), whatever the settings call this host: the other programs that read the lock ask it too.
std::string system_host() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

/// Whether the lock is this open file; none when the system does not say.
std::optional<bool> is_lock(int tmp, int fd) {
    struct stat named {};
    struct stat open {};
    if (::fstatat(tmp, lock_name, &named, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? std::optional(false) : std::nullopt;
    }
    return ::fstat(fd, &open) == 0 ? std::optional(named.st_ino == open.st_ino) : std::nullopt;
}

/// Whether nobody can be holding this lock any more.
bool is_stale(std::string_view content, const struct stat& status) {
    if (content.find_first_not_of('\0') == std::string_view::npos) {
        return true;  // its bytes were lost with the power: no program links a file that it has not written
    }
    const auto colon = content.find(':');
    const auto pid = parse_decimal<unsigned>(content.substr(0, colon));
    const bool ours = colon != std::string_view::npos && pid && *pid > 0 && content.substr(colon + 1) == system_host();
    if (!ours) {
        return std::chrono::system_clock::from_time_t(status.st_mtime) + foreign_age < std::chrono::system_clock::now();
    }
    // Older than the system's start: its process is gone, whoever has the number today.
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    if (std::chrono::system_clock::from_time_t(status.st_mtime) + std::chrono::seconds(up.tv_sec) + boot_slack <
        std::chrono::system_clock::now()) {
        return true;
    }
    const auto process = static_cast<pid_t>(*pid);
    return process == ::getpid() || process < 0 || (::kill(process, 0) != 0 && errno == ESRCH);
}

/// Removes the lock if it is stale. True: it makes sense to try at once.
bool remove_stale(int tmp) {
    const auto file = open_regular(tmp, lock_name);
    if (!file) {
        return file.error().code == Code::expunged;
    }
    const auto content = read_descriptor(file->get(), most_lock_bytes);
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !is_stale(content ? std::string_view(*content) : "", status)) {
        return false;
    }
    if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return false;
    }
    if (is_lock(tmp, file->get()).value_or(false)) {
        ::unlinkat(tmp, lock_name, 0);
    }
    return true;
}

/// The file in tmp/ that becomes the lock; removed when it goes out of sight.
class Candidate {
public:
    static Result<Candidate> create(int tmp, const std::string& host) {
        auto name = unique_name("courierlock." + host);
        Descriptor file(::openat(tmp, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
        if (!file) {
            return system_error(errno, "create a lock file");
        }
        Candidate candidate(tmp, std::move(name), std::move(file));
        const auto content = std::to_string(::getpid()) + ":" + system_host();
        if (auto written = write_all(candidate.file_.get(), content); !written) {
            return written.error();
        }
        return candidate;
    }

    enum class Taken { yes, no, no_links };
    Result<Taken> take() const {
        const int linked = ::linkat(tmp_, name_.c_str(), tmp_, lock_name, 0);
        const int error = errno;
        // Over NFS a link may succeed although the answer was lost; the count of links is the truth.
        struct stat status {};
        if (::fstat(file_.get(), &status) == 0 && status.st_nlink == 2) {
            return Taken::yes;
        }
        if (linked == 0 || error == EEXIST) {
            return Taken::no;
        }
        if (error == EPERM || error == EOPNOTSUPP || error == ENOSYS) {
            return Taken::no_links;
        }
        return system_error(error, "link to courier.lock");
    }

    Descriptor release_file() { return std::move(file_); }

    Candidate(Candidate&& other) noexcept
        : tmp_(other.tmp_), name_(std::exchange(other.name_, {})), file_(std::move(other.file_)) {}
    Candidate& operator=(Candidate&&) = delete;
    ~Candidate() {
        if (!name_.empty()) {
            ::unlinkat(tmp_, name_.c_str(), 0);
        }
    }

private:
    Candidate(int tmp, std::string name, Descriptor file) : tmp_(tmp), name_(std::move(name)), file_(std::move(file)) {}

    int tmp_;
    std::string name_;
    Descriptor file_;
};

/// Gives the open lock; none where there are no hard links.
Result<Descriptor> take_on_disk(int tmp, const std::string& host, steady_clock::time_point deadline) {
    auto candidate = Candidate::create(tmp, host);
    if (!candidate) {
        return candidate.error();
    }
    for (auto wait = std::chrono::milliseconds(first_wait);;) {
        const auto taken = candidate->take();
        if (!taken) {
            return taken.error();
        }
        switch (*taken) {
            case Candidate::Taken::yes:
                return candidate->release_file();
            case Candidate::Taken::no_links:
                return Descriptor();
            case Candidate::Taken::no:
                break;
        }
        const bool again = remove_stale(tmp);
        if (steady_clock::now() >= deadline) {
            return Error(Code::locked, "the folder's lock is held by another process");
        }
        if (!again) {
            std::this_thread::sleep_for(wait);
            wait = std::min<std::chrono::milliseconds>(wait * 2, longest_wait);
        }
    }
}

}  // namespace

Result<DotLock> DotLock::take(int folder, const std::string& host, std::chrono::milliseconds patience) {
    const auto deadline = steady_clock::now() + patience;
    const auto key = key_of(folder);
    auto tmp = open_directory(folder, "tmp");
    if (!key || !tmp) {
        return Error(Code::unavailable, "no tmp/ to lock the folder in");
    }
    if (!enter_table(*key, deadline)) {
        return Error(Code::locked, "the folder's lock is held by another thread");
    }
    auto file = take_on_disk(tmp->get(), host, deadline);
    if (!file) {
        leave_table(*key);
        return file.error();
    }
    const std::lock_guard guard(table_mutex);
    table[*key] = Held{.tmp = std::move(*tmp), .file = std::move(*file)};
    return DotLock(key);
}

DotLock::~DotLock() {
    if (!folder_) {
        return;
    }
    {
        const std::lock_guard guard(table_mutex);
        const Held& held = table[*folder_];
        if (held.file && is_lock(held.tmp.get(), held.file.get()).value_or(true)) {
            ::unlinkat(held.tmp.get(), lock_name, 0);
        }
    }
    leave_table(*folder_);
}

}  // namespace postrider::store::maildir
