#include <algorithm>
#include <utility>

#include "store/message.hpp"

namespace postrider::store {

Chunk::Chunk(const std::vector<Message>& messages) : messages_(messages.begin(), messages.end()) {
    std::size_t name_bytes = 0;
    std::size_t ids = 0;
    for (const Message& message : messages_) {
        name_bytes += message.name.size();
        ids += message.keywords.size();
    }
    names_.reserve(name_bytes);  // so that they stay where they are
    ids_.reserve(ids);
    for (Message& message : messages_) {
        const auto name = names_.insert(names_.end(), message.name.begin(), message.name.end());
        message.name = std::string_view(name, names_.end());
        const auto first = ids_.insert(ids_.end(), message.keywords.begin(), message.keywords.end());
        message.keywords = std::span<const KeywordId>(first, ids_.end());
    }
    count();
}

void Chunk::count() {
    for (const Message& message : messages_) {
        unseen_ += message.flags.has(Flag::seen) ? 0 : 1;
        keywords_.insert(keywords_.end(), message.keywords.begin(), message.keywords.end());
    }
    std::ranges::sort(keywords_);
    keywords_.erase(std::unique(keywords_.begin(), keywords_.end()), keywords_.end());
}

Snapshot::Snapshot(std::vector<std::shared_ptr<const Chunk>> chunks, std::shared_ptr<const KeywordTable> keyword_table,
                   UidValidity uid_validity, Uid uid_next, ModSeq mod_seq)
    : chunks_(std::move(chunks)),
      keyword_table_(std::move(keyword_table)),
      uid_validity_(uid_validity),
      uid_next_(uid_next),
      mod_seq_(mod_seq) {
    starts_.reserve(chunks_.size());
    for (const auto& chunk : chunks_) {
        starts_.push_back(size_);
        size_ += chunk->size();
    }
}

const Message& Snapshot::at(std::size_t index) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), index);
    const auto chunk = static_cast<std::size_t>(after - starts_.begin()) - 1;
    return (*chunks_[chunk])[index - starts_[chunk]];
}

std::size_t Snapshot::rank(Uid uid) const {
    const auto chunk =
        std::partition_point(chunks_.begin(), chunks_.end(), [uid](const auto& c) { return c->back().uid < uid; });
    if (chunk == chunks_.end()) {
        return size_;
    }
    const auto message =
        std::partition_point((*chunk)->begin(), (*chunk)->end(), [uid](const Message& m) { return m.uid < uid; });
    return starts_[static_cast<std::size_t>(chunk - chunks_.begin())] +
           static_cast<std::size_t>(message - (*chunk)->begin());
}

const Message* Snapshot::find(Uid uid) const {
    const std::size_t index = rank(uid);
    if (index == size_) {
        return nullptr;
    }
    const Message& message = at(index);
    return message.uid == uid ? &message : nullptr;
}

std::size_t Snapshot::unseen() const {
    std::size_t unseen = 0;
    for (const auto& chunk : chunks_) {
        unseen += chunk->unseen();
    }
    return unseen;
}

std::size_t Snapshot::first_unseen() const {
    const auto chunk = std::ranges::find_if(chunks_, [](const auto& c) { return c->unseen() > 0; });
    if (chunk == chunks_.end()) {
        return size_;
    }
    const auto message = std::ranges::find_if(**chunk, [](const Message& m) { return !m.flags.has(Flag::seen); });
    return starts_[static_cast<std::size_t>(chunk - chunks_.begin())] +
           static_cast<std::size_t>(message - (*chunk)->begin());
}

std::vector<bool> Snapshot::keywords_in_use() const {
    std::vector<bool> used(keyword_table_->size());
    for (const auto& chunk : chunks_) {
        for (const KeywordId id : chunk->keywords()) {
            used[id] = true;
        }
    }
    return used;
}

}  // namespace postrider::store
