// Folders that were in use a moment ago: kept open, with their accounts, for the client that comes again.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "core/task.hpp"

namespace postrider::store {

class Folder;
class User;

namespace index {
class Alarm;
}

/// Any thread. Bounded: some folders, limits::warm_messages messages in them. Owner: the store.
class WarmFolders : public std::enable_shared_from_this<WarmFolders> {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// alarm: null: what is not used goes when others come. What ends, ends on the pool.
    /// most_folders: at least one.
    WarmFolders(asio::thread_pool& pool, std::shared_ptr<index::Alarm> alarm, std::size_t most_folders)
        : pool_(pool), alarm_(std::move(alarm)), most_folders_(most_folders) {}

    /// A folder was used: it stays for limits::warm_time more.
    void keep(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, Time now);

    /// Lets go of what was not used for that long.
    void sweep(Time now);

    /// Lets go of all.
    void clear() { sweep(Time::max()); }

private:
    struct Entry {
        std::shared_ptr<User> user;  ///< owners: see User; it has the folder's account in it
        std::shared_ptr<Folder> folder;
        Time until;
        std::size_t messages = 0;
    };
    using Entries = std::list<Entry>;
    void drop(Entries::iterator entry, Entries& dropped);
    void set_alarm();

    asio::thread_pool& pool_;
    std::shared_ptr<index::Alarm> alarm_;
    std::size_t most_folders_;
    std::mutex mutex_;
    bool alarm_is_set_ = false;
    Entries entries_;  ///< the one used last is at the end
    std::size_t messages_ = 0;
};

}  // namespace postrider::store
