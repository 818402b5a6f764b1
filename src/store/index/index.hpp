// The index of one account: who reads gets its file, who has something to keep leaves it here; batches are written
// behind, one after the other. docs/index.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "core/task.hpp"
#include "store/index/alarm.hpp"
#include "store/index/batch.hpp"
#include "store/index/place.hpp"
#include "store/index/recent_arrivals.hpp"
#include "store/index/state_mark.hpp"
#include "store/settings.hpp"

namespace postrider::store::index {

/// Owners: the account, its folders' parts (IndexedFolder), the batch under way. Any thread.
class Index : public std::enable_shared_from_this<Index> {
public:
    /// Null: there is to be none (Place::of). maildir: is duplicated.
    static std::shared_ptr<Index> open(int maildir, const Settings& settings, asio::thread_pool& pool,
                                       std::shared_ptr<Alarm> alarm);

    /// The file as it stands now; null: there is none. Pool only.
    std::shared_ptr<const Descriptor> file();
    /// Whether what is found out now will be written.
    bool wants_records() const;
    /// Written together, then gone: keys. What finds no room is forgotten, all of it.
    void keep(std::vector<Batch::Record> records, std::vector<std::string> gone = {});
    void forget(std::vector<std::string> keys);
    /// Pool only.
    void forget_folder(std::uint64_t inode);
    /// Where a folder's MODSEQs are told from. Pool only.
    StateMark open_mark(std::uint64_t inode) const { return StateMark(place_, inode); }
    /// Messages that came just now; until the file says so, arrival_of() does.
    void saw_arrive(std::uint64_t inode, Uid first, Uid last, std::chrono::sys_seconds when);
    std::optional<std::chrono::sys_seconds> arrival_of(std::uint64_t inode, Uid uid) const;
    /// Calls from the alarm's thread; call must not block.
    void after(std::chrono::steady_clock::duration time, std::function<void()> call);
    /// Writes soon what is there. At the end of the account's last session.
    void flush();

private:
    Index(Descriptor maildir, Place place, const Settings& settings, asio::thread_pool& pool,
          std::shared_ptr<Alarm> alarm);

    // With the lock held.
    bool has_room() const;
    void schedule();
    void set_alarm();
    void begin_batch();

    // On the strand.
    void write();
    void take(Result<Written> written, Batch batch);
    void keep_for_later(Batch batch);

    Descriptor maildir_;
    Place place_;
    BatchSettings settings_;
    PoolStrand strand_;
    std::shared_ptr<Alarm> alarm_;  ///< owners: the store, its indexes

    std::optional<FileState> known_;  ///< strand only: the file as our last batch left it
    bool has_complained_ = false;     ///< strand only

    mutable std::mutex mutex_;                ///< guards what follows
    std::shared_ptr<const Descriptor> file_;  ///< owners: this, looks
    bool has_looked_ = false;
    Batch pending_;
    std::size_t pending_bytes_ = 0;
    RecentArrivals arrivals_;
    bool is_alarm_set_ = false;
    bool is_begun_ = false;                                ///< a batch is on its way to the strand
    std::chrono::steady_clock::time_point rests_until_{};  ///< after a failure
};

}  // namespace postrider::store::index
