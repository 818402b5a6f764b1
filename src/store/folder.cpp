#include "store/folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <iterator>
#include <map>
#include <new>
#include <thread>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/index/index.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store {

namespace {

/// A rename is told in two steps: so often the second one is waited for.
constexpr int most_tries_for_a_name = 8;
/// Changes of MODSEQ go to the index together. Sooner when the folder closes.
constexpr std::chrono::minutes state_gathering_time{5};
/// What arrives while arrivals are taken in is taken in too, but others wait for the strand.
constexpr int most_rounds_of_arrivals = 16;

std::uint64_t inode_of(int directory) {
    struct stat status {};
    return ::fstat(directory, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Folder::Folder(maildir::FolderFiles files, const Settings& settings, PoolStrand strand,
               std::shared_ptr<Watcher> watcher, std::shared_ptr<index::Index> index)
    : files_(std::move(files)),
      settings_(settings),
      strand_(std::move(strand)),
      watcher_(std::move(watcher)),
      index_(std::move(index)),
      inode_(inode_of(files_.folder())),
      keeper_(index_, inode_) {}

Folder::~Folder() {
    try {
        if (keeper_.has_news()) {
            keep_states();
            index_->flush();
        }
    } catch (const std::bad_alloc&) {  // the mark says that something is missing
    }
}

SnapshotPtr Folder::snapshot() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

bool Folder::is_gone() const {
    const std::scoped_lock lock(mutex_);
    return gone_;
}

void Folder::set_gone() {
    {
        const std::scoped_lock lock(mutex_);
        gone_ = true;
    }
    listeners_->notify();
}

void Folder::publish(SnapshotPtr next, const std::vector<Uid>& recent) {
    if (next != snapshot() && keeper_.will_tell(*next)) {
        keep_states_later();
    }
    {
        const std::scoped_lock lock(mutex_);
        unclaimed_.insert(unclaimed_.end(), recent.begin(), recent.end());
        if (snapshot_ == next) {
            return;
        }
        snapshot_ = std::move(next);
    }
    known_messages_ = files_.known_messages();
    listeners_->notify();
}

void Folder::keep_states() {
    if (keeper_.has_news() && !is_gone()) {
        keeper_.keep(*snapshot());
    }
}

/// A batch costs milliseconds: single changes, one after the other, go together. What a killed process did not write is
/// not believed (StateMark).
void Folder::keep_states_later() {
    index_->after(state_gathering_time, [weak = weak_from_this(), strand = strand_] {
        if (!weak.expired()) {
            asio::post(strand, [weak] {
                if (const auto folder = weak.lock()) {
                    folder->keep_states();
                }
            });
        }
    });
}

Folder::Fresh Folder::fresh(bool take_recent) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(unclaimed_, [&](Uid uid) { return snapshot_->find(uid) == nullptr; });
    return {snapshot_, take_recent ? std::exchange(unclaimed_, {}) : unclaimed_};
}

std::uint64_t Folder::Listeners::add(std::function<void()> notify) {
    const std::scoped_lock lock(mutex_);
    all_.emplace(next_, std::move(notify));
    return next_++;
}

void Folder::Listeners::remove(std::uint64_t listener) {
    const std::scoped_lock lock(mutex_);
    all_.erase(listener);
}

void Folder::Listeners::notify() const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, notify] : all_) {
        notify();
    }
}

bool Folder::Listeners::any() const {
    const std::scoped_lock lock(mutex_);
    return !all_.empty();
}

// --- Looking
// ----------------------------------------------------------------------------------------------------------

WatchNews Folder::take_news() {
    settled_ = false;  // before: is_settled() looks in the other order
    return watch_->take_news();
}

/// What was taken is published.
void Folder::settle() {
    settled_ = watch_ && !files_.needs_scan() && !files_.has_arrivals() && !files_.has_lost_names();
}

bool Folder::is_settled() const {
    std::unique_lock lock(mutex_);
    const auto watch = watch_;
    const bool is_known = snapshot_ && !gone_;
    lock.unlock();
    return is_known && watch && !watch->has_news() && settled_ && !stale_ && !must_look_;
}

Result<SnapshotPtr> Folder::refresh(Now now) {
    must_look_ = false;
    if (is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    const SnapshotPtr present = snapshot();
    if (watcher_ && !watch_) {
        watch();
    } else if (present && !stale_) {
        if (!watch_ && !files_.may_have_changed()) {
            return present;
        }
        const auto done = watch_ ? take_in_news(now) : Result<bool>(false);
        if (!done) {
            return done.error();
        }
        if (*done) {
            settle();
            return snapshot();
        }
    }
    return scan(now);
}

Result<SnapshotPtr> Folder::scan(Now now) {
    if (!files_.is_in_place()) {
        set_gone();
        return Error(Code::no_such_mailbox, "another program moved the folder or deleted it");
    }
    if (auto opened = files_.open_parts(); !opened) {
        stale_ = true;
        return opened.error();
    }
    if (watch_ && files_.watched_inodes() != watched_) {
        watch();
    }
    if (watch_) {
        take_news();  // what follows sees it all
    }
    const auto found = files_.scan(now);
    stale_ = !found || !found->complete;
    if (!found) {
        return found.error();
    }
    auto taken = take_scan(*found, now);
    settle();
    return taken;
}

/// Before a scan: what comes during it is told. The keywords' directory may come later, or be made anew: then all is
/// watched anew.
void Folder::watch() {
    watched_ = files_.watched_inodes();
    const Descriptor keywords = files_.keyword_folder();
    const auto wake = [self = weak_from_this(), listeners = listeners_, strand = strand_] {
        if (listeners->any()) {
            asio::post(strand, [self] {
                if (const auto folder = self.lock()) {
                    folder->look_for_listeners();
                }
            });
        }
    };
    std::shared_ptr<Watcher::Watch> watch;
    if (Watcher::sees_all(files_.cur())) {
        watch = watcher_->watch(files_.watched(keywords), wake);
    }
    {
        const std::scoped_lock lock(mutex_);
        watch_.swap(watch);
    }
    if (!watch_) {
        watcher_.reset();
        static std::atomic<bool> said = false;
        if (!said.exchange(true)) {
            log_line(LogLevel::notice,
                     "folders are looked at again and again (IMAP_IDLE_TIMEOUT): the system does not tell all changes "
                     "(file system of a network, or fs.inotify.max_user_watches)");
        }
    }
}

void Folder::look_for_listeners() {
    if (auto done = refresh(std::chrono::system_clock::now()); !done) {
        must_look_ = true;
        listeners_->notify();  // they look themselves: wait for the lock, or hear what is wrong
    }
}

/// False: the names do not suffice.
bool Folder::follow(WatchNews news) {
    for (int tries = 0; tries < most_tries_for_a_name; ++tries) {
        if (news.doubt || !files_.follow(news.events)) {
            return false;
        }
        if (!files_.has_lost_names()) {
            return true;
        }
        std::this_thread::yield();
        news = take_news();
    }
    return false;
}

/// False: a scan has to.
Result<bool> Folder::take_in_news(Now now) {
    if (!follow(take_news())) {
        return false;
    }
    for (int tries = 0; files_.has_arrivals() && tries < most_rounds_of_arrivals; ++tries) {
        const auto accepted = files_.accept([this] { return take_news(); }, now);
        if (!accepted) {
            return accepted.error();
        }
        if (!*accepted || files_.has_lost_names()) {
            return false;
        }
    }
    if (files_.needs_scan()) {
        return false;
    }
    must_look_ = files_.has_arrivals();
    take_in_progress(now);
    return true;
}

void Folder::take_in_progress(Now now) {
    const SnapshotPtr present = snapshot();
    const auto progress = files_.take_progress();
    if (!progress.empty()) {
        index_progress(progress, now);
        publish(with_progress(present, progress, next_mod_seq(present->mod_seq())), progress.recent);
    }
}

/// When messages came.
void Folder::index_arrivals(const maildir::Scan& scan, Uid first, Now now) const {
    std::vector<std::pair<Uid, std::string_view>> arrived;
    for (auto at = std::ranges::lower_bound(scan.messages, first, {}, &maildir::ScannedMessage::uid);
         at != scan.messages.end(); ++at) {
        arrived.emplace_back(at->uid, at->name);
    }
    indexed(scan.uid_validity).keep_saved(arrived, std::chrono::floor<std::chrono::seconds>(now));
}

/// The same; and what is gone.
void Folder::index_progress(const maildir::Progress& progress, Now now) const {
    const IndexedFolder index = indexed(files_.uid_validity());
    std::vector<std::pair<Uid, std::string_view>> arrived;
    for (const auto& message : progress.arrived) {
        arrived.emplace_back(message.uid, message.name);
    }
    index.keep_saved(arrived, std::chrono::floor<std::chrono::seconds>(now));
    index.forget(progress.gone);
}

/// In the middle of many changes of our own: their events must not pile up.
void Folder::follow_own() {
    if (watch_ && !follow(take_news())) {
        stale_ = true;
    }
}

/// So that this STATUS, the next, or a SELECT, finds the folder known. False: it is not, and nothing is published.
Result<bool> Folder::look_only(Now now) {
    if (watcher_ && !watch_) {
        watch();
    }
    if (!watch_) {
        return false;
    }
    take_news();
    stale_ = true;
    const auto found = files_.look_only(now);
    if (!found) {
        return found.error();
    }
    stale_ = !*found || !take_scan(**found, now);
    return !stale_;
}

Result<maildir::StatusCounts> Folder::status(Now now) {
    const bool is_known = snapshot() && watch_ && !stale_ && follow(take_news()) && !files_.needs_scan();
    const auto looked = is_known ? Result<bool>(true) : look_only(now);
    if (!looked) {
        return looked.error();
    }
    if (!*looked) {
        stale_ = static_cast<bool>(snapshot());  // counting disturbs what names could tell
        told_ahead_ = true;
        return files_.status(now);
    }
    take_in_progress(now);
    settle();
    const auto waiting = files_.waiting();
    const auto messages = static_cast<std::uint32_t>(waiting.messages);
    told_ahead_ = messages > 0;
    auto counts = known_status();
    counts.messages += messages;
    counts.recent += messages;
    counts.unseen += static_cast<std::uint32_t>(waiting.unseen);
    counts.uid_next = Uid(counts.uid_next.value() + messages);
    return counts;
}

maildir::StatusCounts Folder::known_status() const {
    const std::scoped_lock lock(mutex_);
    const auto is_there = [this](Uid uid) { return snapshot_->find(uid) != nullptr; };
    return {
        .messages = static_cast<std::uint32_t>(snapshot_->size()),
        .recent = static_cast<std::uint32_t>(std::ranges::count_if(unclaimed_, is_there)),
        .unseen = static_cast<std::uint32_t>(snapshot_->unseen()),
        .uid_next = snapshot_->uid_next(),
        .uid_validity = snapshot_->uid_validity(),
    };
}

Result<SnapshotPtr> Folder::take_scan(const maildir::Scan& scan, Now now) {
    const SnapshotPtr present = snapshot();
    if (!present) {
        const auto known = keeper_.recall(scan.uid_validity);
        publish(first_snapshot(scan, first_mod_seq(known.folder.highest, files_, now), known), scan.recent);
    } else if (present->uid_validity() != scan.uid_validity) {
        set_gone();
        return Error(Code::no_such_mailbox, "another program gave the folder a new UIDVALIDITY");
    } else {
        index_arrivals(scan, present->uid_next(), now);
        publish(with_scan(present, scan, next_mod_seq(present->mod_seq())), scan.recent);
    }
    return snapshot();
}

Result<Descriptor> Folder::open_message(const Message& message) const {
    const SnapshotPtr newest = snapshot();
    const Message* now = newest->find(message.uid);
    return files_.open_message(std::string(now != nullptr ? now->name : message.name));
}

}  // namespace postrider::store
