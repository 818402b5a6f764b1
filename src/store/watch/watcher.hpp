// Changes of folders as the system tells them: one inotify descriptor for the process, its watches counted. An event
// names what to look at, no more: what it is now, the folder's files say. docs/architecture.md, "Threads".
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/descriptor.hpp"

struct inotify_event;

namespace postrider::store {

/// A name that came into a watched directory or left it.
struct WatchEvent {
    enum class Kind : std::uint8_t { appeared, deleted, moved_away };
    std::size_t place = 0;  ///< as the places were given
    Kind kind = Kind::appeared;
    std::string name;
};

/// What was told since the last time.
struct WatchNews {
    bool doubt = false;              ///< the names do not suffice: all is to be looked at
    std::vector<WatchEvent> events;  ///< in their order; at most limits::watch_events
    bool empty() const { return !doubt && events.empty(); }
};

/// Any thread. Owners: the store, and each Watch.
class Watcher : public std::enable_shared_from_this<Watcher> {
public:
    /// Some directories, watched for as long as this lives. Any thread.
    class Watch {
    public:
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

        /// What changed since the last call, up to this moment. The first time: doubt.
        WatchNews take_news();
        /// Whether take_news() would give any.
        bool has_news();

    private:
        friend class Watcher;
        Watch(std::shared_ptr<Watcher> watcher, std::function<void()> wake)
            : watcher_(std::move(watcher)), wake_(std::move(wake)) {}

        std::shared_ptr<Watcher> watcher_;
        std::function<void()> wake_;
        std::vector<int> directories_;                 ///< watch descriptors
        WatchNews news_{.doubt = true, .events = {}};  ///< with the watcher's lock held
    };

    /// Null: the system has no inotify left for us (fs.inotify.max_user_instances).
    static std::shared_ptr<Watcher> start();
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// A directory, and of whose names alone to hear; empty: of all.
    struct Place {
        int directory = -1;
        std::vector<std::string> names = {};
    };
    /// wake: called from the watcher's thread when there are news; it must not block, nor end a Watch. Null: one of the
    /// directories cannot be watched (fs.inotify.max_user_watches, gone).
    std::unique_ptr<Watch> watch(const std::vector<Place>& places, std::function<void()> wake);

    /// Whether inotify sees every change of this directory's file system, also those that other hosts make.
    static bool sees_all(int directory);

private:
    Watcher(Descriptor events, Descriptor end, Descriptor poll);
    void run();
    /// Reads what has been told and marks whom it concerns. Gives who is to be woken.
    std::vector<std::function<void()>> collect();
    void forget(const Watch& watch);

    struct Interest {
        Watch* watch;
        std::size_t place;
        std::vector<std::string> names;
    };
    static void note(Watch& watch, std::size_t place, const inotify_event* event);

    Descriptor events_;
    Descriptor end_;   ///< an eventfd, written when the thread is to end
    Descriptor poll_;  ///< of both; all is there before the thread, which may start when nothing can be made any more
    std::mutex mutex_;
    std::multimap<int, Interest> interests_;  ///< by watch descriptor: a directory may be watched for several folders
    std::thread thread_;
};

}  // namespace postrider::store
