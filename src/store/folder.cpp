#include "store/folder.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store {

namespace {

/// A rename is told in two steps: so often the second one is waited for.
constexpr int most_tries_for_a_name = 8;
/// What arrives while arrivals are taken in is taken in too, but others wait for the strand.
constexpr int most_rounds_of_arrivals = 16;
/// Each change is told in two or three events; limits::watch_events of them are kept.
constexpr std::size_t own_changes_between_looks = 500;

maildir::Usage usage_of(const std::vector<maildir::Delivery>& deliveries) {
    maildir::Usage usage;
    for (const auto& delivery : deliveries) {
        if (!delivery.flags.has(Flag::deleted)) {
            usage += {.bytes = static_cast<std::int64_t>(delivery.size()), .messages = 1};
        }
    }
    return usage;
}

}  // namespace

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
    {
        const std::scoped_lock lock(mutex_);
        unclaimed_.insert(unclaimed_.end(), recent.begin(), recent.end());
        if (snapshot_ == next) {
            return;
        }
        snapshot_ = std::move(next);
    }
    listeners_->notify();
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
        watch_->take_news();  // what follows sees it all
    }
    const auto found = files_.scan(now);
    stale_ = !found || !found->complete;
    if (!found) {
        return found.error();
    }
    return take_scan(*found);
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
    watch_ = Watcher::sees_all(files_.cur()) ? watcher_->watch(files_.watched(keywords), wake) : nullptr;
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
        news = watch_->take_news();
    }
    return false;
}

/// False: a scan has to.
Result<bool> Folder::take_in_news(Now now) {
    if (!follow(watch_->take_news())) {
        return false;
    }
    for (int tries = 0; files_.has_arrivals() && tries < most_rounds_of_arrivals; ++tries) {
        const auto accepted = files_.accept([this] { return watch_->take_news(); }, now);
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
    take_in_progress();
    return true;
}

void Folder::take_in_progress() {
    const SnapshotPtr present = snapshot();
    const auto progress = files_.take_progress();
    if (!progress.empty()) {
        publish(with_progress(present, progress, next_mod_seq(present->mod_seq())), progress.recent);
    }
}

/// In the middle of many changes of our own: their events must not pile up.
void Folder::follow_own() {
    if (watch_ && !follow(watch_->take_news())) {
        stale_ = true;
    }
}

/// So that the next STATUS, or a SELECT, finds the folder known. Where it cannot be, nothing is published.
Result<void> Folder::look_only(Now now) {
    if (!watch_) {
        watch();
    }
    if (!watch_) {
        return {};
    }
    watch_->take_news();
    const auto found = files_.look_only(now);
    if (!found) {
        return found.error();
    }
    if (*found) {
        (void)take_scan(**found);  // the first one: it cannot be refused
    }
    return {};
}

Result<maildir::StatusCounts> Folder::status(Now now) {
    if (!snapshot() && watcher_) {
        if (auto looked = look_only(now); !looked) {
            return looked.error();
        }
    }
    const SnapshotPtr present = snapshot();
    if (!present || !watch_ || stale_ || !follow(watch_->take_news()) || files_.needs_scan()) {
        stale_ = static_cast<bool>(present);  // counting disturbs what names could tell
        return files_.status(now);
    }
    take_in_progress();
    const auto waiting = files_.waiting();
    const auto known = fresh(false);
    const auto count = [](std::size_t number) { return static_cast<std::uint32_t>(number); };
    return maildir::StatusCounts{
        .messages = count(known.snapshot->size() + waiting.messages),
        .recent = count(known.recent.size() + waiting.messages),
        .unseen = count(known.snapshot->unseen() + waiting.unseen),
        .uid_next = Uid(known.snapshot->uid_next().value() + count(waiting.messages)),
        .uid_validity = known.snapshot->uid_validity(),
    };
}

Result<SnapshotPtr> Folder::take_scan(const maildir::Scan& scan) {
    const SnapshotPtr present = snapshot();
    if (!present) {
        publish(first_snapshot(scan, next_mod_seq(ModSeq())), scan.recent);
    } else if (present->uid_validity() != scan.uid_validity) {
        set_gone();
        return Error(Code::no_such_mailbox, "another program gave the folder a new UIDVALIDITY");
    } else {
        publish(with_scan(present, scan, next_mod_seq(present->mod_seq())), scan.recent);
    }
    return snapshot();
}

Result<Descriptor> Folder::open_message(const Message& message) const {
    const SnapshotPtr newest = snapshot();
    const Message* now = newest->find(message.uid);
    return files_.open_message(now != nullptr ? now->name : message.name);
}

// --- Changing
// ---------------------------------------------------------------------------------------------------------

struct Folder::NewState {
    std::shared_ptr<const KeywordTable> table;
    std::vector<KeywordId> ids;  ///< of the wish
    std::vector<MessageChange> changes;
    maildir::Usage used;  ///< by messages that are not \Deleted any more, less those that are now
};

Result<void> Folder::change_one(const Message& message, const FlagChange& change, NewState& state) {
    Flags wanted = change.flags;
    std::vector<KeywordId> keywords = state.ids;
    if (change.operation == FlagOperation::add) {
        wanted = message.flags | change.flags;
        keywords.clear();
        std::ranges::set_union(message.keywords, state.ids, std::back_inserter(keywords));
    } else if (change.operation == FlagOperation::remove) {
        wanted = message.flags - change.flags;
        keywords.clear();
        std::ranges::set_difference(message.keywords, state.ids, std::back_inserter(keywords));
    }
    if (settings_.keywords == Keywords::off) {
        keywords = message.keywords;  // what is there is shown, nothing is added (RFC 3501 section 7.1, PERMANENTFLAGS)
    }
    MessageChange next{message.uid, wanted, message.keywords, message.name};
    if (wanted != message.flags) {
        auto renamed = files_.change_flags(message.name, wanted - message.flags, message.flags - wanted);
        if (!renamed) {
            return renamed.error().code == Code::expunged ? Result<void>() : renamed.error();
        }
        next.name = std::move(*renamed);
        next.flags = maildir::flags_of(next.name);
        if (next.flags.has(Flag::deleted) != message.flags.has(Flag::deleted)) {
            const auto usage = maildir::whole_usage_of(files_.cur(), next.name);
            state.used += next.flags.has(Flag::deleted) ? -usage : usage;
        }
    }
    Result<void> done;
    if (keywords != message.keywords) {
        std::vector<std::string> names;
        std::ranges::transform(keywords, std::back_inserter(names), [&](KeywordId id) { return (*state.table)[id]; });
        done = files_.set_keywords(maildir::base_of(message.name), names);
        if (done) {
            next.keywords = std::move(keywords);
        }
    }
    if (next.name != message.name || next.keywords != message.keywords) {
        state.changes.push_back(std::move(next));
    }
    return done;
}

/// What the account's quota must have room for.
maildir::Usage Folder::undeleted_by(const Snapshot& present, const FlagChange& change) const {
    const bool named = change.flags.has(Flag::deleted);
    const bool undeletes =
        change.operation == FlagOperation::replace ? !named : change.operation == FlagOperation::remove && named;
    maildir::Usage usage;
    for (const Uid uid : undeletes ? change.uids : std::vector<Uid>()) {
        if (const Message* message = present.find(uid); message != nullptr && message->flags.has(Flag::deleted)) {
            usage += maildir::whole_usage_of(files_.cur(), message->name);
        }
    }
    return usage;
}

Result<void> Folder::store_flags(const FlagChange& change, Now now) {
    const auto fresh = refresh(now);
    if (!fresh) {
        return fresh.error();
    }
    const SnapshotPtr present = *fresh;
    if (auto fits = files_.quota().check(undeleted_by(*present, change), now); !fits) {
        return fits;
    }
    NewState state{present->shared_keyword_table(), {}, {}, {}};
    state.ids = keyword_ids(change.keywords, state.table);
    if (state.table != present->shared_keyword_table() && state.table->size() > limits::keywords &&
        change.operation != FlagOperation::remove) {
        return Error(Code::limit, "the folder has " + std::to_string(limits::keywords) + " keywords already");
    }
    Result<void> done;
    for (const Uid uid : change.uids) {
        const Message* message = present->find(uid);
        if (message == nullptr) {
            continue;
        }
        done = change_one(*message, change, state);
        if (!done) {
            break;
        }
        if (state.changes.size() % own_changes_between_looks == 0) {
            follow_own();
        }
    }
    if (!state.changes.empty()) {
        publish(with_changes(present, state.changes, state.table, next_mod_seq(present->mod_seq())));
    }
    files_.quota().charge(state.used);
    return done;
}

Result<Expunged> Folder::expunge(const std::vector<Uid>* only, Now now, const Take& take) {
    const auto fresh = refresh(now);
    if (!fresh) {
        return fresh.error();
    }
    const SnapshotPtr present = *fresh;
    Expunged expunged;
    std::optional<Error> failed;
    const auto remove = [&](const Message& message) {
        if (!message.flags.has(Flag::deleted) || failed) {
            return;
        }
        maildir::FolderFiles::Take by;
        if (take) {
            by = [&](int cur, const std::string& name) { return take(message, cur, name); };
        }
        if (auto removed = files_.remove(message.name, by); !removed) {
            if (removed.error().code != Code::in_use) {  // not \Deleted any more: it stays
                failed = removed.error();
            }
        } else {
            expunged.uids.push_back(message.uid);
            expunged.names.push_back(message.name);
            if (expunged.uids.size() % own_changes_between_looks == 0) {
                follow_own();
            }
        }
    };
    if (only != nullptr) {
        for (const Uid uid : *only) {
            if (const Message* message = present->find(uid)) {
                remove(*message);
            }
        }
    } else {
        for (const auto& chunk : present->chunks()) {
            std::ranges::for_each(*chunk, remove);
        }
    }
    if (!expunged.uids.empty()) {
        publish(without(present, expunged.uids, next_mod_seq(present->mod_seq())));
    }
    if (failed) {
        return *failed;
    }
    return expunged;
}

Result<void> Folder::remove_messages(const std::vector<Uid>& uids) {
    const SnapshotPtr present = snapshot();
    std::vector<Uid> removed;
    Result<void> done;
    for (const Uid uid : uids) {
        const Message* message = present->find(uid);
        if (message == nullptr) {
            continue;
        }
        done = files_.remove(message->name);
        if (!done) {
            break;
        }
        removed.push_back(uid);
        if (removed.size() % own_changes_between_looks == 0) {
            follow_own();
        }
    }
    publish(without(present, removed, next_mod_seq(present->mod_seq())));
    return done;
}

Result<Folder::Delivered> Folder::deliver(std::vector<maildir::Delivery>& deliveries, Now now, Adds adds) {
    if (is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    const auto quota = files_.quota();
    const auto usage = adds == Adds::yes ? usage_of(deliveries) : maildir::Usage{};
    if (auto fits = quota.check(usage, now); !fits) {
        return fits.error();
    }
    auto uids = files_.deliver(deliveries, now);
    if (!uids) {
        return uids.error();
    }
    if (!snapshot()) {
        files_.take_progress();  // nobody looks at the folder
    } else if (files_.needs_scan()) {
        (void)refresh(now);  // renumbered: only the sessions on it end; the messages are in
    } else {
        take_in_progress();
    }
    quota.charge(usage);
    return Delivered{files_.uid_validity(), std::move(*uids)};
}

}  // namespace postrider::store
