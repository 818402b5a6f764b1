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
    names_ = FileNames();
    names_.reserve(list.entries.size());
    numbers_.clear();
    numbers_.reserve(list.entries.size());
    met_ = 0;
    std::ranges::for_each(list.entries, [this](const auto& entry) { insert(entry); });
}

bool MessageTable::insert(const UidEntry& entry) {
    if (names_.find(entry.base)) {
        return false;
    }
    names_.add(entry.base, {});
    numbers_.push_back({.uid = entry.uid, .seen = 0});
    return true;
}

std::size_t MessageTable::grow(const UidList& added) {
    const auto is_new = [this](const auto& entry) { return insert(entry); };
    uid_next_ = std::max(uid_next_, added.uid_next);
    return static_cast<std::size_t>(std::ranges::count_if(added.entries, is_new));
}

UidList MessageTable::list() const {
    UidList list{.uid_validity = uid_validity_, .uid_next = uid_next_, .entries = {}};
    list.entries.reserve(size());
    for (FileNames::Id id = 0; id < names_.ids(); ++id) {
        if (!names_.is_removed(id)) {
            list.entries.push_back({.uid = numbers_[id].uid, .base = names_.base(id)});
        }
    }
    return list;
}

std::optional<KnownMessage> MessageTable::find(std::string_view base) const {
    const auto id = names_.find(base);
    if (!id) {
        return std::nullopt;
    }
    const Numbers& numbers = numbers_[*id];
    return KnownMessage{.id = *id,
                        .uid = numbers.uid,
                        .base = names_.base(*id),
                        .suffix = names_.suffix(*id),
                        .is_named = numbers.seen != 0,
                        .was_met = numbers.seen == look_};
}

void MessageTable::begin_look() {
    if (look_ == std::numeric_limits<std::uint32_t>::max()) {
        std::ranges::for_each(numbers_, [](Numbers& numbers) { numbers.seen = std::min(numbers.seen, 1U); });
        look_ = 1;
    }
    ++look_;
    met_ = 0;
}

void MessageTable::met(const KnownMessage& message, std::string_view suffix) {
    auto& seen = numbers_[message.id].seen;
    met_ += seen == look_ ? 0 : 1;
    seen = look_;
    if (message.suffix != suffix) {
        names_.set_suffix(message.id, suffix);
    }
}

bool MessageTable::drop_missing() {
    if (!any_missing()) {
        return false;
    }
    for (FileNames::Id id = 0; id < names_.ids(); ++id) {
        if (!names_.is_removed(id) && numbers_[id].seen != look_) {
            names_.remove(id);
        }
    }
    sweep();
    return true;
}

void MessageTable::forget(std::string_view base) {
    if (const auto id = names_.find(base)) {
        met_ -= numbers_[*id].seen == look_ ? 1 : 0;
        names_.remove(*id);
        sweep();
    }
}

void MessageTable::sweep() {
    if (names_.ids() <= 2 * size() + least_swept) {
        return;
    }
    std::size_t kept = 0;
    for (FileNames::Id id = 0; id < names_.ids(); ++id) {
        if (!names_.is_removed(id)) {
            numbers_[kept++] = numbers_[id];
        }
    }
    numbers_.resize(kept);
    names_.take_out_removed();
}

void MessageTable::reserve(std::size_t count) {
    if (names_.empty()) {  // else it grows by and by
        names_.reserve(count);
        numbers_.reserve(count);
    }
}

std::size_t MessageTable::uids_left() const {
    return std::numeric_limits<std::uint32_t>::max() - uid_next_.value();
}

Uid MessageTable::add(std::string_view name) {
    const auto base = base_of(name);
    const auto uid = uid_next_;
    uid_next_ = uid_next_.next();
    names_.add(base, name.substr(base.size()));
    numbers_.push_back({.uid = uid, .seen = look_});
    ++met_;
    return uid;
}

std::vector<UidEntry> MessageTable::last(std::size_t count) const {
    std::vector<UidEntry> entries;
    entries.reserve(count);
    for (auto id = names_.ids() - static_cast<FileNames::Id>(count); id < names_.ids(); ++id) {
        entries.push_back({.uid = numbers_[id].uid, .base = names_.base(id)});
    }
    return entries;
}

void MessageTable::take_back(std::size_t count) {
    for (; count > 0; --count) {
        uid_next_ = numbers_.back().uid;
        met_ -= numbers_.back().seen == look_ ? 1 : 0;
        numbers_.pop_back();
        names_.take_back();
    }
}

}  // namespace postrider::store::maildir
