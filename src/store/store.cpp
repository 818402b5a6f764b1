#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cerrno>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/index/alarm.hpp"
#include "store/index/index.hpp"
#include "store/user.hpp"
#include "store/warm_folders.hpp"
#include "store/watch/watcher.hpp"

namespace postrider::store {

namespace {

std::string own_host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

/// With six descriptors each they leave three quarters to those that are in use.
std::size_t most_warm_folders(const Settings& settings) {
    return std::clamp<std::size_t>(settings.descriptors / 24, 1, limits::warm_folders);
}

Settings complete(Settings settings) {
    if (settings.host_name.empty()) {
        settings.host_name = own_host_name();
    }
    return settings;
}

}  // namespace

Store::Store(asio::thread_pool& pool, Settings settings)
    : pool_(pool),
      watcher_(Watcher::start()),
      alarm_(index::Alarm::start()),
      warm_(std::make_shared<WarmFolders>(pool, alarm_, most_warm_folders(settings))),
      settings_(complete(std::move(settings))) {
    if (!watcher_) {
        log_line(
            LogLevel::notice,
            "no inotify (fs.inotify.max_user_instances): folders are looked at again and again (IMAP_IDLE_TIMEOUT)");
    }
}

Store::~Store() {
    warm_->clear();
}

void Store::set_settings(Settings settings) {
    {
        const std::scoped_lock lock(mutex_);
        settings_ = complete(std::move(settings));
    }
    asio::post(pool_, [warm = warm_] { warm->clear(); });  // who comes again finds the new ones
}

void Store::let_go() {
    warm_->clear();
}

bool Store::is_at_rest() const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::all_of(indexes_, [](const auto& index) { return index.expired(); });
}

Result<std::shared_ptr<User>> Store::open_now(const std::string& maildir, const std::string& home) {
    struct stat home_status {};
    if (!home.empty() && ::stat(home.c_str(), &home_status) == 0 && (home_status.st_mode & S_ISVTX) != 0) {
        return Error(Code::in_use, home + ": the sticky bit locks the account");
    }
    Descriptor directory(::open(maildir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        return missing ? Error(Code::no_such_mailbox, maildir + ": no such directory") : system_error(errno, maildir);
    }
    struct stat status {};
    if (::fstat(directory.get(), &status) != 0) {
        return system_error(errno, maildir);
    }
    const std::scoped_lock lock(mutex_);
    if (settings_.check_owner && (status.st_uid != ::geteuid() || status.st_gid != ::getegid())) {
        return Error(Code::wrong_owner, maildir + ": owned by " + std::to_string(status.st_uid) + ":" +
                                            std::to_string(status.st_gid) + ", not by the account's user");
    }
    std::erase_if(users_, [](const auto& entry) { return entry.second.expired(); });
    auto& known = users_[{status.st_dev, status.st_ino}];
    if (auto user = known.lock()) {
        return user;
    }
    auto index = index::Index::open(directory.get(), settings_, pool_, alarm_);
    std::erase_if(indexes_, [](const auto& opened) { return opened.expired(); });
    if (index) {
        indexes_.push_back(index);
    }
    std::shared_ptr<User> user(new User(pool_, std::move(directory), settings_, watcher_, std::move(index)));
    user->warm_ = warm_;
    known = user;
    return user;
}

Task<Result<std::shared_ptr<User>>> Store::open(std::string maildir, std::string home) {
    auto work = [this, maildir = std::move(maildir), home = std::move(home)] { return open_now(maildir, home); };
    const auto strand = asio::make_strand(pool_.get_executor());
    co_return co_await on_pool(strand, std::move(work));
}

}  // namespace postrider::store
