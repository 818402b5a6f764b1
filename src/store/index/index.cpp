#include "store/index/index.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"

namespace postrider::store::index {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_records = 256;  // as many do not wait for more
constexpr auto gathering_time = 1s;
constexpr auto rest_after_failure = 60s;

/// Removed, or another one stands in its place: what it knows is still right, but the next process would not have it.
bool is_lost(const Descriptor& file) {
    struct stat status {};
    return ::fstat(file.get(), &status) != 0 || status.st_nlink == 0;
}

std::size_t bytes_of(const std::vector<Batch::Record>& records) {
    std::size_t bytes = 0;
    for (const Batch::Record& record : records) {
        bytes += record.key.size() + record.value.size() + sizeof record;
    }
    return bytes;
}

}  // namespace

std::shared_ptr<Index> Index::open(int maildir, const Settings& settings, asio::thread_pool& pool,
                                   std::shared_ptr<Alarm> alarm) {
    Descriptor own(::fcntl(maildir, F_DUPFD_CLOEXEC, 0));
    auto place = own && alarm ? Place::of(own.get(), settings) : std::nullopt;
    if (!place) {
        return nullptr;
    }
    return std::shared_ptr<Index>(new Index(std::move(own), std::move(*place), settings, pool, std::move(alarm)));
}

Index::Index(Descriptor maildir, Place place, const Settings& settings, asio::thread_pool& pool,
             std::shared_ptr<Alarm> alarm)
    : maildir_(std::move(maildir)),
      place_(std::move(place)),
      settings_{settings.index_most_bytes, settings.durable},
      strand_(asio::make_strand(pool.get_executor())),
      alarm_(std::move(alarm)) {}

std::shared_ptr<const Descriptor> Index::file() {
    const std::scoped_lock lock(mutex_);
    if (!has_looked_ || (file_ && is_lost(*file_))) {
        has_looked_ = true;
        file_.reset();
        if (auto file = open_data(place_)) {
            file_ = std::make_shared<const Descriptor>(std::move(*file));
        }
    }
    return file_;
}

bool Index::has_room() const {
    return pending_bytes_ < limits::index_pending_bytes && rests_until_ <= std::chrono::steady_clock::now();
}

bool Index::wants_records() const {
    const std::scoped_lock lock(mutex_);
    return has_room();
}

void Index::keep(std::vector<Batch::Record> records, std::vector<std::string> gone) {
    const std::scoped_lock lock(mutex_);
    if (records.empty() || !has_room()) {
        return;
    }
    pending_bytes_ += bytes_of(records) + gone.size() * sizeof(std::string);
    std::ranges::move(records, std::back_inserter(pending_.records));
    std::ranges::move(gone, std::back_inserter(pending_.gone));
    schedule();
}

void Index::forget(std::vector<std::string> keys) {
    const std::scoped_lock lock(mutex_);
    if (keys.empty() || !has_room()) {
        return;
    }
    pending_bytes_ += keys.size() * sizeof(std::string);
    std::ranges::move(keys, std::back_inserter(pending_.gone));
    schedule();
}

void Index::forget_folder(std::uint64_t inode) {
    StateMark::remove(place_, inode);
    const std::scoped_lock lock(mutex_);
    if (has_room()) {
        pending_bytes_ += sizeof inode;
        pending_.folders_gone.push_back(inode);
        schedule();
    }
}

void Index::saw_arrive(std::uint64_t inode, Uid first, Uid last, std::chrono::sys_seconds when) {
    const std::scoped_lock lock(mutex_);
    arrivals_.add(inode, first, last, when);
}

std::optional<std::chrono::sys_seconds> Index::arrival_of(std::uint64_t inode, Uid uid) const {
    const std::scoped_lock lock(mutex_);
    return arrivals_.find(inode, uid);
}

void Index::after(std::chrono::steady_clock::duration time, std::function<void()> call) {
    alarm_->after(time, std::move(call));
}

void Index::flush() {
    const std::scoped_lock lock(mutex_);
    if (!pending_.empty()) {
        begin_batch();
    }
}

void Index::schedule() {
    if (pending_.records.size() >= batch_records) {
        begin_batch();
    } else {
        set_alarm();
    }
}

void Index::set_alarm() {
    if (std::exchange(is_alarm_set_, true)) {
        return;
    }
    alarm_->after(gathering_time, [weak = weak_from_this(), strand = strand_] {
        if (auto self = weak.lock()) {
            // If this turns out to be the last owner, the end comes on the pool, not in the alarm's own thread.
            asio::post(strand, [self = std::move(self)] {
                {
                    const std::scoped_lock lock(self->mutex_);
                    self->is_alarm_set_ = false;
                }
                self->write();
            });
        }
    });
}

void Index::begin_batch() {
    if (!is_begun_) {
        is_begun_ = true;
        asio::post(strand_, [self = shared_from_this()] { self->write(); });
    }
}

// --- On the strand ---------------------------------------------------------------------------------------------------

void Index::write() {
    Batch batch;
    {
        const std::scoped_lock lock(mutex_);
        batch = std::exchange(pending_, {});
        pending_bytes_ = 0;
        is_begun_ = false;
    }
    if (batch.empty()) {
        return;
    }
    // In the order of the tree; of two records of one message the later one stays.
    std::ranges::stable_sort(batch.records, {}, &Batch::Record::key);
    try {
        auto written = write_batch(place_, batch, known_, settings_);
        take(std::move(written), std::move(batch));
    } catch (const std::exception& error) {
        take(Error(Code::internal, error.what()), {});
    }
}

void Index::take(Result<Written> written, Batch batch) {
    if (!written && written.error().code == Code::in_use) {
        keep_for_later(std::move(batch));
        return;
    }
    if (!written) {
        known_.reset();
        if (!std::exchange(has_complained_, true)) {
            log_line(LogLevel::warning, "the index is not written: " + written.error().detail);
        }
        const std::scoped_lock lock(mutex_);
        rests_until_ = std::chrono::steady_clock::now() + rest_after_failure;
        return;
    }
    has_complained_ = false;
    known_ = written->state;
    if (!written->began_anew.empty()) {
        log_line(LogLevel::notice, "the index was begun anew: " + written->began_anew);
    }
    auto file = open_data(place_);
    const std::scoped_lock lock(mutex_);
    has_looked_ = true;
    file_ = file ? std::make_shared<const Descriptor>(std::move(*file)) : nullptr;
}

/// Another process writes at the moment. What came meanwhile is newer.
void Index::keep_for_later(Batch batch) {
    const std::scoped_lock lock(mutex_);
    if (pending_bytes_ < limits::index_pending_bytes) {
        pending_bytes_ += bytes_of(batch.records);
        std::ranges::move(pending_.records, std::back_inserter(batch.records));
        std::ranges::move(pending_.gone, std::back_inserter(batch.gone));
        std::ranges::move(pending_.folders_gone, std::back_inserter(batch.folders_gone));
        pending_ = std::move(batch);
    }
    set_alarm();
}

}  // namespace postrider::store::index
