// What a session's commands change in a folder: flags and keywords, removals, deliveries. Each publishes what it did,
// also when it fails midway.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "store/folder.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/files.hpp"

namespace postrider::store {

namespace {

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

struct Folder::NewState {
    std::shared_ptr<const KeywordTable> table;
    std::vector<KeywordId> ids;  ///< of the wish
    std::vector<MessageChange> changes;
    maildir::Usage used;  ///< by messages that are not \Deleted any more, less those that are now
};

/// With those that another program gave the message since the command began: the complete new set is about to be
/// written.
std::vector<KeywordId> Folder::keywords_of(const Message& message, NewState& state) const {
    if (!state.ids.empty()) {
        const auto now = std::chrono::system_clock::now();
        if (const auto latest = files_.latest_keywords(maildir::base_of(message.name), now)) {
            return keyword_ids(*latest, state.table);
        }
    }
    return {message.keywords.begin(), message.keywords.end()};
}

Result<void> Folder::change_one(const Message& message, const FlagChange& change, NewState& state) {
    Flags wanted = change.flags;
    std::vector<KeywordId> keywords = state.ids;
    if (change.operation != FlagOperation::replace) {
        const bool adds = change.operation == FlagOperation::add;
        const auto present = keywords_of(message, state);
        wanted = adds ? message.flags | change.flags : message.flags - change.flags;
        keywords.clear();
        const auto to = std::back_inserter(keywords);
        adds ? (void)std::ranges::set_union(present, state.ids, to)
             : (void)std::ranges::set_difference(present, state.ids, to);
    }
    if (settings_.keywords == Keywords::off) {
        // What is there is shown, nothing is added (RFC 3501 section 7.1, PERMANENTFLAGS).
        keywords.assign(message.keywords.begin(), message.keywords.end());
    }
    const std::string name(message.name);
    MessageChange next{message.uid, wanted, {message.keywords.begin(), message.keywords.end()}, name};
    if (wanted != message.flags) {
        auto renamed = files_.change_flags(name, wanted - message.flags, message.flags - wanted);
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
    if (keywords != next.keywords) {
        std::vector<std::string> names;
        std::ranges::transform(keywords, std::back_inserter(names), [&](KeywordId id) { return (*state.table)[id]; });
        done = files_.set_keywords(maildir::base_of(name), names);
        if (done) {
            next.keywords = std::move(keywords);
        }
    }
    if (next.name != name || !std::ranges::equal(next.keywords, message.keywords)) {
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
            usage += maildir::whole_usage_of(files_.cur(), std::string(message->name));
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
        if (take.one) {
            by = [&](int cur, const std::string& name) { return take.one(message, cur, name); };
        }
        if (auto removed = files_.remove(std::string(message.name), by); !removed) {
            if (removed.error().code != Code::in_use) {  // not \Deleted any more: it stays
                failed = removed.error();
            }
        } else {
            expunged.uids.push_back(message.uid);
            expunged.names.emplace_back(message.name);
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
        auto lasting = take.make_last ? take.make_last() : Result<void>();
        lasting = lasting ? files_.make_removals_last() : lasting;
        if (!lasting && !failed) {
            failed = lasting.error();
        }
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
        done = files_.remove(std::string(message->name));
        if (!done) {
            break;
        }
        removed.push_back(uid);
        if (removed.size() % own_changes_between_looks == 0) {
            follow_own();
        }
    }
    if (done && !removed.empty()) {
        done = files_.make_removals_last();
    }
    publish(without(present, removed, next_mod_seq(present->mod_seq())));
    return done;
}

Result<void> Folder::mark_seen(Uid uid) {
    const SnapshotPtr present = snapshot();
    const Message* message = present->find(uid);
    if (message == nullptr || message->flags.has(Flag::seen)) {
        return {};
    }
    NewState state{present->shared_keyword_table(), {}, {}, {}};
    const FlagChange change{.uids = {uid}, .operation = FlagOperation::add, .flags = Flag::seen, .keywords = {}};
    auto done = change_one(*message, change, state);
    if (!state.changes.empty()) {
        publish(with_changes(present, state.changes, state.table, next_mod_seq(present->mod_seq())));
    }
    // state.used is of another program, which has charged it: \Deleted is not among our changes.
    if (++marked_seen_ % own_changes_between_looks == 0) {
        follow_own();
    }
    return done;
}

/// None: it was gone already. Its quota is counted under the name under which it went.
Result<std::optional<std::string>> Folder::remove_one(const Message& message, maildir::Usage& freed) {
    std::optional<std::string> removed;
    const maildir::FolderFiles::Take take = [&](int cur, const std::string& name) {
        const auto usage = maildir::usage_of(cur, name);
        auto done = maildir::unlink_message(cur, name);
        if (done) {
            freed += usage;
            removed = name;
        }
        return done;
    };
    auto done = files_.remove(std::string(message.name), take);
    if (!done && done.error().code == Code::in_use) {  // \Deleted no more, which matters to EXPUNGE alone
        done = files_.remove(std::string(maildir::base_of(message.name)), take);
    }
    if (!done) {
        return done.error();
    }
    return removed;
}

Result<Folder::Removed> Folder::remove_for_good(std::vector<Uid> uids) {
    const SnapshotPtr present = snapshot();
    std::ranges::sort(uids);
    Removed removed;
    std::vector<Uid> gone;
    maildir::Usage freed;
    for (const Uid uid : uids) {
        const Message* message = present->find(uid);
        if (message == nullptr) {
            continue;
        }
        auto name = remove_one(*message, freed);
        if (!name) {
            log_line(LogLevel::warning, "a message was not removed: " + name.error().detail);
            removed.failed.push_back(uid);
            continue;
        }
        if (*name) {
            removed.names.push_back(std::move(**name));
        }
        gone.push_back(uid);
        if (gone.size() % own_changes_between_looks == 0) {
            follow_own();
        }
    }
    if (gone.empty()) {
        return removed;
    }
    const auto lasting = files_.make_removals_last();
    publish(without(present, gone, next_mod_seq(present->mod_seq())));
    indexed(present->uid_validity()).forget(gone);
    files_.quota().charge(-freed);
    if (!lasting) {
        removed.trouble = lasting.error();
    }
    return removed;
}

Result<Folder::Delivered> Folder::deliver(std::vector<maildir::Delivery>& deliveries, Now now, Adds adds) {
    if (is_gone()) {
        return Error(Code::no_such_mailbox, "the folder was deleted");
    }
    if (told_ahead_) {  // what waits comes first, so that no UID is below what was told
        if (auto looked = refresh(now); !looked) {
            return looked.error();
        }
        told_ahead_ = false;
    }
    const auto quota = files_.quota();
    const auto usage = adds == Adds::yes ? usage_of(deliveries) : maildir::Usage{};
    if (auto fits = quota.check(usage, now); !fits) {
        return fits.error();
    }
    auto uids = files_.deliver(deliveries, now);
    known_messages_ = files_.known_messages();
    if (!uids) {
        return uids.error();
    }
    if (!snapshot()) {
        index_progress(files_.take_progress(), now);  // nobody looks at the folder
    } else if (files_.needs_scan()) {
        (void)refresh(now);  // renumbered: only the sessions on it end; the messages are in
    } else {
        take_in_progress(now);
    }
    quota.charge(usage);
    return Delivered{files_.uid_validity(), std::move(*uids)};
}

}  // namespace postrider::store
