// Folders that were in use a moment ago: kept open, with their accounts, for the client that comes again.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

namespace postrider::store {

class Folder;
class User;

/// Any thread. Bounded: limits::warm_folders folders, limits::warm_messages messages in them.
class WarmFolders {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// A folder was used: it stays for limits::warm_time more.
    void keep(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, Time now);

    /// Lets go of what was not used for that long. Gives when the next is due; none: nothing is kept.
    std::optional<Time> sweep(Time now);

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

    std::mutex mutex_;
    Entries entries_;  ///< the one used last is at the end
    std::size_t messages_ = 0;
};

}  // namespace postrider::store
