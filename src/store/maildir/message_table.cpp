#include "store/maildir/message_table.hpp"

#include <algorithm>
#include <limits>

#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

/// So many forgotten entries stay among the others in any case.
constexpr std::size_t least_swept = 1024;

}  // namespace

void MessageTable::assign(const UidList& list) {
    uid_validity_ = list.uid_validity;
    uid_next_ = list.uid_next;
    order_.clear();
    by_base_.clear();
    by_base_.reserve(list.entries.size());
    order_.reserve(list.entries.size());
    met_ = 0;
    for (const auto& entry : list.entries) {
        insert(entry);
    }
}

void MessageTable::insert(const UidEntry& entry) {
    const auto [added, is_new] = by_base_.emplace(entry.base, KnownMessage{.uid = entry.uid, .suffix = {}, .seen = 0});
    if (is_new) {
        order_.push_back({entry.uid, &*added});
    }
}

void MessageTable::grow(const UidList& added) {
    for (const auto& entry : added.entries) {
        insert(entry);
    }
    uid_next_ = std::max(uid_next_, added.uid_next);
}

UidList MessageTable::list() const {
    UidList list{.uid_validity = uid_validity_, .uid_next = uid_next_, .entries = {}};
    list.entries.reserve(size());
    each([&](const Entry& entry) { list.entries.push_back({.uid = entry.second.uid, .base = entry.first}); });
    return list;
}

KnownMessage* MessageTable::find(std::string_view base) {
    const auto found = by_base_.find(base);
    return found == by_base_.end() ? nullptr : &found->second;
}

const KnownMessage* MessageTable::find(std::string_view base) const {
    const auto found = by_base_.find(base);
    return found == by_base_.end() ? nullptr : &found->second;
}

void MessageTable::begin_look() {
    ++look_;
    met_ = 0;
}

void MessageTable::met(KnownMessage& message, std::string_view suffix) {
    if (message.seen != look_) {
        message.seen = look_;
        ++met_;
    }
    if (message.suffix != suffix) {
        message.suffix = suffix;
    }
}

bool MessageTable::drop_missing() {
    if (!any_missing()) {
        return false;
    }
    std::vector<Place> kept;
    kept.reserve(met_);
    for (const Place& place : order_) {
        if (place.entry != nullptr && was_met(place.entry->second)) {
            kept.push_back(place);
        } else if (place.entry != nullptr) {
            by_base_.erase(by_base_.find(std::string_view(place.entry->first)));
        }
    }
    order_ = std::move(kept);
    return true;
}

void MessageTable::forget(std::string_view base) {
    const auto found = by_base_.find(base);
    if (found == by_base_.end()) {
        return;
    }
    const auto place = std::ranges::lower_bound(order_, found->second.uid, {}, &Place::uid);
    place->entry = nullptr;
    met_ -= was_met(found->second) ? 1 : 0;
    by_base_.erase(found);
    if (order_.size() > 2 * size() + least_swept) {
        std::erase_if(order_, [](const Place& other) { return other.entry == nullptr; });
    }
}

std::size_t MessageTable::uids_left() const {
    return std::numeric_limits<std::uint32_t>::max() - uid_next_.value();
}

Uid MessageTable::add(const std::string& name) {
    const auto base = base_of(name);
    const auto uid = uid_next_;
    uid_next_ = uid_next_.next();
    auto& entry = *by_base_.emplace(base, KnownMessage{.uid = uid, .suffix = {}, .seen = 0}).first;
    order_.push_back({uid, &entry});
    met(entry.second, std::string_view(name).substr(base.size()));
    return uid;
}

std::vector<UidEntry> MessageTable::last(std::size_t count) const {
    std::vector<UidEntry> entries;
    entries.reserve(count);
    for (auto place = order_.end() - static_cast<std::ptrdiff_t>(count); place != order_.end(); ++place) {
        entries.push_back({.uid = place->uid, .base = place->entry->first});
    }
    return entries;
}

void MessageTable::take_back(std::size_t count) {
    for (; count > 0; --count) {
        const auto* entry = order_.back().entry;
        order_.pop_back();
        uid_next_ = entry->second.uid;
        met_ -= was_met(entry->second) ? 1 : 0;
        by_base_.erase(by_base_.find(std::string_view(entry->first)));
    }
}

}  // namespace postrider::store::maildir
