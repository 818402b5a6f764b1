#include "store/warm_folders.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/limits.hpp"
#include "store/folder.hpp"
#include "store/user.hpp"

namespace postrider::store {

void WarmFolders::keep(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, Time now) {
    const auto snapshot = folder->snapshot();
    const std::size_t messages = snapshot ? snapshot->size() : 0;
    Entries dropped;  // outlives the lock: the end of a folder may take its time
    const std::scoped_lock lock(mutex_);
    const auto known = std::ranges::find(entries_, folder, &Entry::folder);
    if (known != entries_.end()) {
        drop(known, dropped);
    }
    entries_.push_back({std::move(user), std::move(folder), now + limits::warm_time, messages});
    messages_ += messages;
    while (entries_.size() > limits::warm_folders || (messages_ > limits::warm_messages && entries_.size() > 1)) {
        drop(entries_.begin(), dropped);
    }
}

void WarmFolders::drop(Entries::iterator entry, Entries& dropped) {
    messages_ -= entry->messages;
    dropped.splice(dropped.end(), entries_, entry);
}

std::optional<WarmFolders::Time> WarmFolders::sweep(Time now) {
    Entries dropped;
    const std::scoped_lock lock(mutex_);
    while (!entries_.empty() && entries_.front().until <= now) {
        drop(entries_.begin(), dropped);
    }
    return entries_.empty() ? std::nullopt : std::optional(entries_.front().until);
}

}  // namespace postrider::store
