// Compares a client's view with a newer snapshot. Vanished messages that may not be announced yet stay as Held, so
// every number that the client knows keeps its meaning. RFC 3501 section 7.4.1.
#include "store/view.hpp"

#include <algorithm>
#include <utility>

namespace postrider::store {

namespace {

/// Steps through a snapshot's messages, or over whole chunks.
class Cursor {
public:
    explicit Cursor(const Snapshot& snapshot) : chunks_(snapshot.chunks()) {}

    bool at_end() const { return chunk_ == chunks_.size(); }
    bool at_chunk_start() const { return !at_end() && message_ == 0; }
    const Snapshot::Chunk* chunk() const { return chunks_[chunk_].get(); }
    const Message& message() const { return (*chunks_[chunk_])[message_]; }

    void next() {
        if (++message_ == chunks_[chunk_]->size()) {
            skip_chunk();
        }
    }
    void skip_chunk() {
        ++chunk_;
        message_ = 0;
    }

private:
    const std::vector<std::shared_ptr<const Snapshot::Chunk>>& chunks_;
    std::size_t chunk_ = 0;
    std::size_t message_ = 0;
};

struct Difference {
    std::vector<const Message*> vanished;
    std::vector<Uid> changed;
    bool arrived = false;
};

Difference difference(const Snapshot& older, const Snapshot& newer) {
    Difference found;
    Cursor a(older);
    Cursor b(newer);
    while (!a.at_end()) {
        if (!b.at_end() && a.at_chunk_start() && b.at_chunk_start() && a.chunk() == b.chunk()) {
            a.skip_chunk();
            b.skip_chunk();
        } else if (b.at_end() || a.message().uid < b.message().uid) {
            found.vanished.push_back(&a.message());
            a.next();
        } else {
            if (a.message().mod_seq != b.message().mod_seq) {
                found.changed.push_back(b.message().uid);
            }
            a.next();
            b.next();
        }
    }
    found.arrived = !b.at_end();
    return found;
}

bool same_keywords(const Snapshot& a, const Snapshot& b) {
    if (a.keyword_table().empty() && b.keyword_table().empty()) {
        return true;
    }
    auto used_a = a.keywords_in_use();
    auto used_b = b.keywords_in_use();
    used_a.resize(std::max(used_a.size(), used_b.size()));
    used_b.resize(used_a.size());
    return used_a == used_b;
}

}  // namespace

View::View(std::shared_ptr<const Snapshot> snapshot, std::vector<Held> held, std::vector<Uid> recent)
    : snapshot_(std::move(snapshot)), held_(std::move(held)), recent_(std::move(recent)) {}

const Message& View::at(SeqNum seq) const {
    const auto held =
        std::lower_bound(held_.begin(), held_.end(), seq, [](const Held& h, SeqNum wanted) { return h.seq < wanted; });
    if (held != held_.end() && held->seq == seq) {
        return held->message->front();
    }
    return snapshot_->at(seq.value() - 1 - static_cast<std::size_t>(held - held_.begin()));
}

bool View::is_held(SeqNum seq) const {
    return std::binary_search(held_.begin(), held_.end(), Held{seq, {}, {}},
                              [](const Held& a, const Held& b) { return a.seq < b.seq; });
}

std::optional<SeqNum> View::seq_of(Uid uid) const {
    const auto held =
        std::lower_bound(held_.begin(), held_.end(), uid, [](const Held& h, Uid wanted) { return h.uid < wanted; });
    if (held != held_.end() && held->uid == uid) {
        return held->seq;
    }
    const std::size_t index = snapshot_->rank(uid);
    if (index == snapshot_->size() || snapshot_->at(index).uid != uid) {
        return std::nullopt;
    }
    return SeqNum(static_cast<std::uint32_t>(index + 1 + static_cast<std::size_t>(held - held_.begin())));
}

bool View::is_recent(Uid uid) const {
    return std::binary_search(recent_.begin(), recent_.end(), uid);
}

Uid View::last_uid() const {
    const Uid held = held_.empty() ? Uid() : held_.back().uid;
    return snapshot_->size() == 0 ? held : std::max(held, snapshot_->at(snapshot_->size() - 1).uid);
}

View::Advanced View::advanced(std::shared_ptr<const Snapshot> newest, const std::vector<Uid>& recent,
                              Expunges expunges) const {
    Changes changes;
    Difference found;
    if (newest != snapshot_) {
        found = difference(*snapshot_, *newest);
        changes.keywords = !same_keywords(*snapshot_, *newest);
    }

    std::vector<Held> held = held_;
    for (const Message* message : found.vanished) {
        const bool stays = expunges != Expunges::may_send;
        held.push_back({*seq_of(message->uid), message->uid,
                        stays ? std::make_shared<const Chunk>(std::vector{*message}) : nullptr});
    }
    std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) { return a.seq < b.seq; });

    std::vector<Uid> recents = recent_;
    recents.insert(recents.end(), recent.begin(), recent.end());
    std::sort(recents.begin(), recents.end());
    if (expunges == Expunges::may_send) {
        for (std::size_t i = 0; i < held.size(); ++i) {
            changes.expunged.push_back(SeqNum(static_cast<std::uint32_t>(held[i].seq.value() - i)));
            const auto gone = std::lower_bound(recents.begin(), recents.end(), held[i].uid);
            if (gone != recents.end() && *gone == held[i].uid) {
                recents.erase(gone);
            }
        }
        held.clear();
    }
    changes.counts = found.arrived || !recent.empty() || !changes.expunged.empty();

    auto view = std::make_shared<const View>(std::move(newest), std::move(held), std::move(recents));
    for (const Uid uid : found.changed) {
        changes.flags.push_back(*view->seq_of(uid));
    }
    return {std::move(view), std::move(changes)};
}

}  // namespace postrider::store
