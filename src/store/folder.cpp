#include "store/folder.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store {

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

void Folder::publish(SnapshotPtr next) {
    {
        const std::scoped_lock lock(mutex_);
        if (snapshot_ == next) {
            return;
        }
        snapshot_ = std::move(next);
    }
    listeners_->notify();
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

// --- Looking
// ----------------------------------------------------------------------------------------------------------

Result<SnapshotPtr> Folder::refresh(Now now) {
    if (is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    const SnapshotPtr present = snapshot();
    const bool changed = may_have_changed();
    if (present && !changed) {
        return present;
    }
    const auto scan = files_.scan(now);
    stale_ = !scan;
    if (!scan) {
        return scan.error();
    }
    return take_scan(*scan);
}

/// What the system tells, or where it tells nothing, the times of the directories.
bool Folder::may_have_changed() {
    if (watcher_ && !watch_) {
        watch();
    }
    if (!watch_) {
        return files_.may_have_changed() || stale_;
    }
    const bool news = watch_->take_news() || stale_;
    if (news && files_.keyword_folder_inode() != watched_keywords_) {
        watch();
        if (watch_) {
            watch_->take_news();  // the scan that follows sees it all
        }
    }
    return news;
}

/// Before a scan: what comes during it is told. The keywords' directory may come later, or be made anew: then all is
/// watched anew.
void Folder::watch() {
    watched_keywords_ = files_.keyword_folder_inode();
    const Descriptor keywords = files_.keyword_folder();
    std::vector<Watcher::Place> places{{files_.cur()}, {files_.arrivals()}, {files_.folder(), files_.watched_names()}};
    if (keywords) {
        places.push_back({keywords.get()});
    }
    watch_ = Watcher::sees_all(files_.cur())
                 ? watcher_->watch(places, [listeners = listeners_] { listeners->notify(); })
                 : nullptr;
    if (!watch_) {
        watcher_.reset();
        log_line(LogLevel::notice,
                 "a folder is looked at again and again (IMAP_IDLE_TIMEOUT): the system does not tell its changes");
    }
}

Result<SnapshotPtr> Folder::take_scan(const maildir::Scan& scan) {
    const SnapshotPtr present = snapshot();
    if (!present) {
        publish(first_snapshot(scan, next_mod_seq(ModSeq())));
    } else if (present->uid_validity() != scan.uid_validity) {
        set_gone();
        return Error(Code::no_such_mailbox, "another program gave the folder a new UIDVALIDITY");
    } else {
        publish(with_scan(present, scan, next_mod_seq(present->mod_seq())));
    }
    unclaimed_.insert(unclaimed_.end(), scan.recent.begin(), scan.recent.end());
    return snapshot();
}

std::vector<Uid> Folder::recent(bool take) {
    const SnapshotPtr present = snapshot();
    std::erase_if(unclaimed_, [&](Uid uid) { return present->find(uid) == nullptr; });
    return take ? std::exchange(unclaimed_, {}) : unclaimed_;
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

Result<void> Folder::store_flags(const FlagChange& change, Now now) {
    const auto fresh = refresh(now);
    if (!fresh) {
        return fresh.error();
    }
    const SnapshotPtr present = *fresh;
    NewState state{present->shared_keyword_table(), {}, {}};
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
    }
    if (!state.changes.empty()) {
        publish(with_changes(present, state.changes, state.table, next_mod_seq(present->mod_seq())));
    }
    return done;
}

Result<Expunged> Folder::expunge(const std::vector<Uid>* only, Now now) {
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
        if (auto removed = files_.remove(message.name); !removed) {
            if (removed.error().code != Code::in_use) {  // not \Deleted any more: it stays
                failed = removed.error();
            }
        } else {
            expunged.uids.push_back(message.uid);
            expunged.names.push_back(message.name);
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
    }
    publish(without(present, removed, next_mod_seq(present->mod_seq())));
    return done;
}

Result<Folder::Delivered> Folder::deliver(std::vector<maildir::Delivery>& deliveries, Now now) {
    if (is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    auto delivered = files_.deliver(deliveries, now);
    if (!delivered) {
        return delivered.error();
    }
    (void)take_scan(delivered->scan);  // renumbered: only the sessions on it end; the messages are in
    return Delivered{delivered->scan.uid_validity, std::move(delivered->uids)};
}

}  // namespace postrider::store
