#include "store/watch/watcher.hpp"

#include <linux/magic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/limits.hpp"

namespace postrider::store {

namespace {

constexpr std::uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t of_the_directory = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;
constexpr std::size_t buffer_bytes = 16 * 1024;
/// Under a storm of changes their thread wakes once in this time, not once for each: that costs more than the change.
constexpr std::chrono::milliseconds gathering_time{1};

/// Local file systems: here no other host changes anything behind our kernel's back.
constexpr std::array<unsigned long, 9> local_file_systems = {
    EXT4_SUPER_MAGIC,      BTRFS_SUPER_MAGIC,    XFS_SUPER_MAGIC,      TMPFS_MAGIC,          F2FS_SUPER_MAGIC,
    OVERLAYFS_SUPER_MAGIC, REISERFS_SUPER_MAGIC, 0x2FC12FC1 /* ZFS */, 0x3153464A /* JFS */,
};

bool concerns(const std::vector<std::string>& names, const inotify_event& event) {
    return names.empty() || (event.mask & of_the_directory) != 0 ||
           (event.len > 0 && std::ranges::find(names, std::string_view(event.name)) != names.end());
}

}  // namespace

bool Watcher::sees_all(int directory) {
    struct statfs status {};
    return ::fstatfs(directory, &status) == 0 &&
           std::ranges::find(local_file_systems, static_cast<unsigned long>(status.f_type)) != local_file_systems.end();
}

std::shared_ptr<Watcher> Watcher::start() {
    Descriptor events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    Descriptor end(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
    if (!events || !end || !poll) {
        return nullptr;
    }
    for (const int fd : {events.get(), end.get()}) {
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.fd = fd;
        if (::epoll_ctl(poll.get(), EPOLL_CTL_ADD, fd, &wanted) != 0) {
            return nullptr;
        }
    }
    return std::shared_ptr<Watcher>(new Watcher(std::move(events), std::move(end), std::move(poll)));
}

Watcher::Watcher(Descriptor events, Descriptor end, Descriptor poll)
    : events_(std::move(events)), end_(std::move(end)), poll_(std::move(poll)), thread_([this] { run(); }) {}

Watcher::~Watcher() {
    const std::uint64_t one = 1;
    if (::write(end_.get(), &one, sizeof one) < 0) {
        std::terminate();  // an eventfd that is full has been written already: this cannot be
    }
    thread_.join();
}

void Watcher::run() {
    for (;;) {
        epoll_event ready{};
        const int count = ::epoll_wait(poll_.get(), &ready, 1, -1);
        if ((count < 0 && errno != EINTR) || (count > 0 && ready.data.fd == end_.get())) {
            return;
        }
        {
            const std::scoped_lock lock(mutex_);
            for (const auto& wake : collect()) {
                wake();
            }
        }
        std::this_thread::sleep_for(gathering_time);
    }
}

/// event: null when events were lost.
void Watcher::note(Watch& watch, std::size_t place, const inotify_event* event) {
    WatchNews& news = watch.news_;
    if (news.doubt) {
        return;
    }
    if (event == nullptr || (event->mask & of_the_directory) != 0 || event->len == 0 ||
        news.events.size() == limits::watch_events) {
        news = {.doubt = true, .events = {}};
        return;
    }
    const auto kind = (event->mask & IN_DELETE) != 0       ? WatchEvent::Kind::deleted
                      : (event->mask & IN_MOVED_FROM) != 0 ? WatchEvent::Kind::moved_away
                                                           : WatchEvent::Kind::appeared;
    news.events.push_back({.place = place, .kind = kind, .name = event->name});
}

std::vector<std::function<void()>> Watcher::collect() {
    std::vector<std::function<void()>> woken;
    const auto tell = [&woken](const Interest& interest, const inotify_event* event) {
        const bool first = interest.watch->news_.empty();
        note(*interest.watch, interest.place, event);
        if (first && interest.watch->wake_) {
            woken.push_back(interest.watch->wake_);
        }
    };
    alignas(inotify_event) char buffer[buffer_bytes];
    for (ssize_t got = 0; (got = ::read(events_.get(), buffer, sizeof buffer)) > 0;) {
        for (const char* at = buffer; at < buffer + got;) {
            const auto& event = *reinterpret_cast<const inotify_event*>(at);
            const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
            const auto [first, last] =
                lost ? std::pair(interests_.begin(), interests_.end()) : interests_.equal_range(event.wd);
            for (auto interest = first; interest != last; ++interest) {
                if (lost || concerns(interest->second.names, event)) {
                    tell(interest->second, lost ? nullptr : &event);
                }
            }
            at += sizeof event + event.len;
        }
    }
    return woken;
}

std::unique_ptr<Watcher::Watch> Watcher::watch(const std::vector<Place>& places, std::function<void()> wake) {
    std::unique_ptr<Watch> watch(new Watch(shared_from_this(), std::move(wake)));
    const std::scoped_lock lock(mutex_);
    for (std::size_t number = 0; number < places.size(); ++number) {
        const Place& place = places[number];
        // By the descriptor, so that no path is followed.
        const std::string path = "/proc/self/fd/" + std::to_string(place.directory);
        const int directory = ::inotify_add_watch(events_.get(), path.c_str(), changes);
        if (directory < 0) {
            forget(*watch);
            watch->watcher_.reset();
            return nullptr;
        }
        watch->directories_.push_back(directory);
        interests_.emplace(directory, Interest{watch.get(), number, place.names});
    }
    return watch;
}

/// With the lock held.
void Watcher::forget(const Watch& watch) {
    for (const int directory : watch.directories_) {
        const auto [first, last] = interests_.equal_range(directory);
        for (auto interest = first; interest != last;) {
            interest = interest->second.watch == &watch ? interests_.erase(interest) : std::next(interest);
        }
        if (!interests_.contains(directory)) {
            ::inotify_rm_watch(events_.get(), directory);
        }
    }
}

Watcher::Watch::~Watch() {
    if (watcher_) {
        const std::scoped_lock lock(watcher_->mutex_);
        watcher_->forget(*this);
    }
}

WatchNews Watcher::Watch::take_news() {
    const std::scoped_lock lock(watcher_->mutex_);
    for (const auto& wake : watcher_->collect()) {
        wake();
    }
    return std::exchange(news_, {});
}

bool Watcher::Watch::has_news() {
    const std::scoped_lock lock(watcher_->mutex_);
    for (const auto& wake : watcher_->collect()) {
        wake();
    }
    return !news_.empty();
}

}  // namespace postrider::store
