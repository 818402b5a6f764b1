#include "store/warm_folders.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/limits.hpp"
#include "store/folder.hpp"
#include "store/index/alarm.hpp"
#include "store/user.hpp"

namespace postrider::store {

void WarmFolders::keep(std::shared_ptr<User> user, std::shared_ptr<Folder> folder, Time now) {
    const std::size_t messages = folder->known_messages();
    Entries dropped;  // outlives the lock: the end of a folder may take its time
    const std::scoped_lock lock(mutex_);
    const auto known = std::ranges::find(entries_, folder, &Entry::folder);
    if (known != entries_.end()) {
        drop(known, dropped);
    }
    entries_.push_back({std::move(user), std::move(folder), now + limits::warm_time, messages});
    messages_ += messages;
    set_alarm();
    while (entries_.size() > most_folders_ || (messages_ > limits::warm_messages && entries_.size() > 1)) {
        drop(entries_.begin(), dropped);
    }
}

void WarmFolders::drop(Entries::iterator entry, Entries& dropped) {
    messages_ -= entry->messages;
    dropped.splice(dropped.end(), entries_, entry);
}

void WarmFolders::sweep(Time now) {
    Entries dropped;
    const std::scoped_lock lock(mutex_);
    while (!entries_.empty() && entries_.front().until <= now) {
        drop(entries_.begin(), dropped);
    }
    set_alarm();
}

/// With the lock held.
void WarmFolders::set_alarm() {
    if (!alarm_ || entries_.empty() || std::exchange(alarm_is_set_, true)) {
        return;
    }
    const auto ring = [weak = weak_from_this(), &pool = pool_] {
        asio::post(pool, [weak] {
            if (const auto warm = weak.lock()) {
                {
                    const std::scoped_lock lock(warm->mutex_);
                    warm->alarm_is_set_ = false;
                }
                warm->sweep(std::chrono::steady_clock::now());
            }
        });
    };
    alarm_->after(entries_.front().until - std::chrono::steady_clock::now() + std::chrono::seconds(1), ring);
}

}  // namespace postrider::store
