#include "store/snapshot_update.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store {

namespace {

using Chunk = Snapshot::Chunk;

/// Collects messages into chunks, taking over whole old chunks where nothing in them changed.
class ChunkList {
public:
    void add(const Message& message) {
        if (open_.size() == Snapshot::chunk_messages) {
            close();
        }
        open_.push_back(message);
    }

    void share(const std::shared_ptr<const Chunk>& chunk) {
        // Small leftovers are joined into a small neighbour instead of standing alone for ever.
        if (!open_.empty() && open_.size() + chunk->size() <= Snapshot::chunk_messages / 2) {
            open_.insert(open_.end(), chunk->begin(), chunk->end());
            return;
        }
        close();
        chunks_.push_back(chunk);
    }

    /// As it is.
    void keep(const std::shared_ptr<const Chunk>& chunk) { chunks_.push_back(chunk); }

    std::vector<std::shared_ptr<const Chunk>> take() {
        close();
        return std::move(chunks_);
    }

    /// New messages behind a shared last chunk that has room go into a copy of it.
    void reopen_last() {
        if (open_.empty() && !chunks_.empty() && chunks_.back()->size() < Snapshot::chunk_messages) {
            reopened_ = std::move(chunks_.back());
            open_ = reopened_->messages();
            chunks_.pop_back();
        }
    }

private:
    void close() {
        if (!open_.empty()) {
            chunks_.push_back(std::make_shared<const Chunk>(open_));
            open_.clear();
        }
    }

    std::vector<std::shared_ptr<const Chunk>> chunks_;
    std::vector<Message> open_;  ///< views into old chunks, into reopened_, and of who adds
    std::shared_ptr<const Chunk> reopened_;
};

/// Turns scanned messages into Messages, of whose keywords it is the owner.
class Translator {
public:
    Translator(const maildir::Scan& scan, std::shared_ptr<const KeywordTable> table, ModSeq mod_seq)
        : scan_(scan), table_(std::move(table)), mod_seq_(mod_seq) {}

    Message message(const maildir::ScannedMessage& found) {
        auto keywords = this->keywords(found.name);
        Message message{found.uid, maildir::flags_of(found.name), mod_seq_, {}, found.name};
        if (!keywords.empty()) {
            message.keywords = keywords_.emplace_back(std::move(keywords));
        }
        return message;
    }

    std::vector<KeywordId> keywords(std::string_view name) {
        if (scan_.keywords.empty()) {
            return {};
        }
        const auto entry = scan_.keywords.find(maildir::base_of(name));
        return entry == scan_.keywords.end() ? std::vector<KeywordId>{} : keyword_ids(entry->second, table_);
    }

    const std::shared_ptr<const KeywordTable>& table() const { return table_; }

private:
    const maildir::Scan& scan_;
    std::shared_ptr<const KeywordTable> table_;
    ModSeq mod_seq_;
    std::deque<std::vector<KeywordId>> keywords_;
};

using Scanned = std::vector<maildir::ScannedMessage>::const_iterator;

/// Puts the scan's state of one old chunk into the list: shared when it is the same. next: moved behind it.
/// Gives whether something changed.
bool update_chunk(const std::shared_ptr<const Chunk>& old, Scanned& next, Scanned end, Translator& translate,
                  ChunkList& list) {
    std::vector<std::optional<Message>> now;  // as the old chunk's messages; none: gone, or the same
    bool changed = false;
    now.reserve(old->size());
    std::vector<bool> gone(old->size());
    for (std::size_t i = 0; i < old->size(); ++i) {
        const Message& before = (*old)[i];
        while (next != end && next->uid < before.uid) {
            ++next;  // should have been known before: left out
        }
        now.emplace_back();
        if (next == end || next->uid != before.uid) {
            gone[i] = changed = true;
            continue;
        }
        if (next->name != before.name || !std::ranges::equal(translate.keywords(next->name), before.keywords)) {
            Message after = translate.message(*next);
            if (after.flags == before.flags && std::ranges::equal(after.keywords, before.keywords)) {
                after.mod_seq = before.mod_seq;  // another name, the same state
            }
            now.back() = after;
            changed = true;
        }
        ++next;
    }
    if (!changed) {
        list.share(old);
        return false;
    }
    for (std::size_t i = 0; i < old->size(); ++i) {
        if (!gone[i]) {
            list.add(now[i] ? *now[i] : (*old)[i]);
        }
    }
    return true;
}

}  // namespace

namespace {

bool is_as_known(const Message& message, const KeywordTable& table, const StateFacts& known) {
    return message.flags == known.flags && message.keywords.size() == known.keywords.size() &&
           std::ranges::all_of(message.keywords, [&](KeywordId id) {
               return std::ranges::any_of(known.keywords, [&](const auto& name) { return iequals(name, table[id]); });
           });
}

}  // namespace

SnapshotPtr first_snapshot(const maildir::Scan& scan, ModSeq mod_seq, const FolderStates& known) {
    Translator translate(scan, std::make_shared<const KeywordTable>(), mod_seq);
    ChunkList list;
    bool changed = known.folder.uid_next != scan.uid_next || known.folder.messages != scan.messages.size();
    auto state = known.messages.begin();
    for (const auto& found : scan.messages) {
        Message message = translate.message(found);
        while (state != known.messages.end() && state->uid < message.uid) {
            ++state;
        }
        if (state != known.messages.end() && state->uid == message.uid && state->mod_seq <= known.folder.highest &&
            is_as_known(message, *translate.table(), *state)) {
            message.mod_seq = state->mod_seq;
        } else {
            changed = true;
        }
        list.add(message);
    }
    return std::make_shared<const Snapshot>(list.take(), translate.table(), scan.uid_validity, scan.uid_next,
                                            changed ? mod_seq : known.folder.highest);
}

SnapshotPtr with_scan(const SnapshotPtr& old, const maildir::Scan& scan, ModSeq mod_seq) {
    Translator translate(scan, old->shared_keyword_table(), mod_seq);
    ChunkList list;
    bool changed = scan.uid_next != old->uid_next();
    auto next = scan.messages.begin();
    for (const auto& chunk : old->chunks()) {
        changed |= update_chunk(chunk, next, scan.messages.end(), translate, list);
    }
    while (next != scan.messages.end() && next->uid < old->uid_next()) {
        ++next;
    }
    if (next != scan.messages.end()) {
        list.reopen_last();
        changed = true;
    }
    for (; next != scan.messages.end(); ++next) {
        list.add(translate.message(*next));
    }
    if (!changed) {
        return old;
    }
    const Uid uid_next = std::max(scan.uid_next, old->uid_next());
    return std::make_shared<const Snapshot>(list.take(), translate.table(), old->uid_validity(), uid_next, mod_seq);
}

SnapshotPtr with_changes(const SnapshotPtr& old, const std::vector<MessageChange>& changes,
                         std::shared_ptr<const KeywordTable> table, ModSeq mod_seq) {
    std::vector<std::shared_ptr<const Chunk>> chunks = old->chunks();
    auto change = changes.begin();
    for (auto& chunk : chunks) {
        std::vector<Message> copy;
        for (; change != changes.end() && change->uid <= chunk->back().uid; ++change) {
            if (copy.empty()) {
                copy = chunk->messages();
            }
            const auto at = std::ranges::lower_bound(copy, change->uid, {}, &Message::uid);
            const bool same = at->flags == change->flags && std::ranges::equal(at->keywords, change->keywords);
            *at = {change->uid, change->flags, same ? at->mod_seq : mod_seq, change->keywords, change->name};
        }
        if (!copy.empty()) {
            chunk = std::make_shared<const Chunk>(copy);
        }
    }
    return std::make_shared<const Snapshot>(std::move(chunks), std::move(table), old->uid_validity(), old->uid_next(),
                                            mod_seq);
}

SnapshotPtr without(const SnapshotPtr& old, const std::vector<Uid>& gone, ModSeq mod_seq) {
    ChunkList list;
    for (const auto& chunk : old->chunks()) {
        const auto first = std::lower_bound(gone.begin(), gone.end(), chunk->front().uid);
        const auto last = std::upper_bound(first, gone.end(), chunk->back().uid);
        if (first == last) {
            list.share(chunk);
            continue;
        }
        for (const Message& message : *chunk) {
            if (!std::binary_search(first, last, message.uid)) {
                list.add(message);
            }
        }
    }
    return std::make_shared<const Snapshot>(list.take(), old->shared_keyword_table(), old->uid_validity(),
                                            old->uid_next(), mod_seq);
}

namespace {

SnapshotPtr with_arrivals(const SnapshotPtr& old, const maildir::Progress& progress, ModSeq mod_seq) {
    ChunkList list;
    for (const auto& chunk : old->chunks()) {
        list.keep(chunk);
    }
    list.reopen_last();
    bool any = false;
    for (const auto& arrived : progress.arrived) {
        if (arrived.uid >= old->uid_next()) {
            list.add({arrived.uid, maildir::flags_of(arrived.name), mod_seq, {}, arrived.name});
            any = true;
        }
    }
    return any ? std::make_shared<const Snapshot>(list.take(), old->shared_keyword_table(), old->uid_validity(),
                                                  std::max(progress.uid_next, old->uid_next()), mod_seq)
               : old;
}

/// The changes that differ from what is known, by UID.
std::map<Uid, MessageChange> changes_in(const Snapshot& snapshot, const maildir::Progress& progress,
                                        std::shared_ptr<const KeywordTable>& table) {
    std::map<Uid, MessageChange> changes;
    const auto change_of = [&](Uid uid) -> MessageChange* {
        const Message* message = snapshot.find(uid);
        if (message == nullptr) {
            return nullptr;
        }
        const MessageChange same{
            uid, message->flags, {message->keywords.begin(), message->keywords.end()}, std::string(message->name)};
        return &changes.try_emplace(uid, same).first->second;
    };
    for (const auto& renamed : progress.renamed) {
        if (MessageChange* change = change_of(renamed.uid)) {
            change->name = renamed.name;
            change->flags = maildir::flags_of(renamed.name);
        }
    }
    for (const auto& [uid, keywords] : progress.keywords) {
        if (MessageChange* change = change_of(uid)) {
            change->keywords = keyword_ids(keywords, table);
        }
    }
    std::erase_if(changes, [&](const auto& entry) {
        const Message* message = snapshot.find(entry.first);
        return entry.second.name == message->name && std::ranges::equal(entry.second.keywords, message->keywords);
    });
    return changes;
}

}  // namespace

SnapshotPtr with_progress(const SnapshotPtr& old, const maildir::Progress& progress, ModSeq mod_seq) {
    SnapshotPtr next = progress.arrived.empty() ? old : with_arrivals(old, progress, mod_seq);
    auto table = next->shared_keyword_table();
    if (const auto found = changes_in(*next, progress, table); !found.empty()) {
        std::vector<MessageChange> changes;
        std::ranges::transform(found, std::back_inserter(changes), [](const auto& entry) { return entry.second; });
        next = with_changes(next, changes, table, mod_seq);
    }
    return progress.gone.empty() ? next : without(next, progress.gone, mod_seq);
}

std::vector<KeywordId> keyword_ids(const std::vector<std::string>& names, std::shared_ptr<const KeywordTable>& table) {
    std::vector<KeywordId> ids;
    for (const std::string& name : names) {
        auto at = std::find_if(table->begin(), table->end(), [&](const auto& known) { return iequals(known, name); });
        if (at == table->end()) {
            if (table->size() > std::numeric_limits<KeywordId>::max()) {
                continue;
            }
            auto grown = std::make_shared<KeywordTable>(*table);
            grown->push_back(name);
            table = std::move(grown);
            at = table->end() - 1;
        }
        ids.push_back(static_cast<KeywordId>(at - table->begin()));
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

ModSeq next_mod_seq(ModSeq last, std::chrono::system_clock::time_point now) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    const auto by_clock = ModSeq(micros > 0 ? static_cast<std::uint64_t>(micros) : 1);
    return std::max(by_clock, last.next());
}

}  // namespace postrider::store
