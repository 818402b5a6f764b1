// The model of a folder: removals, and what can be there.
#include <algorithm>

#include "stress/folder.hpp"

namespace postrider::bench::stress {

/// Every EXPUNGE that may have come upon the message with \Deleted may have removed it.
void Folder::add_removals(Message& message) const {
    for (const Expunge& expunge : expunges_) {
        const bool is_new = std::ranges::none_of(
            message.removals, [&](const Removal& one) { return one.time.start == expunge.time.start; });
        if (is_new && expunge.time.end > message.born.start && expunge.covers(message.uid) &&
            message.flags.possible({.time = {expunge.flags_since, expunge.time.end}}).set.test(deleted_flag)) {
            message.removals.push_back({.time = expunge.time, .certain = false});
        }
    }
}

void Folder::begin_expunge(Stamp start, std::optional<std::vector<Uid>> only, Stamp flags_since) {
    expunges_.push_back({.time = {start, never}, .only = std::move(only), .flags_since = flags_since});
    for (auto& [uid, message] : messages_) {
        add_removals(message);
    }
    for (auto& [id, arrival] : arrivals_) {
        arrival.may_be_removed = arrival.may_be_removed || (arrival.values | arrival.unknown).test(deleted_flag);
    }
}

std::vector<Uid> Folder::end_expunge(Stamp start, Stamp now, Outcome outcome, const std::vector<Uid>& known) {
    const auto expunge = std::ranges::find_if(expunges_, [&](const Expunge& one) { return one.time.start == start; });
    if (expunge == expunges_.end()) {
        return {};
    }
    std::vector<Uid> gone;
    expunge->time.end = now;
    for (auto& [uid, message] : messages_) {
        for (Removal& removal : message.removals) {
            if (removal.time.start != start || removal.certain) {
                continue;
            }
            removal.time.end = now;
            removal.certain = outcome == Outcome::done && std::ranges::binary_search(known, uid) &&
                              message.flags.possible({.time = {expunge->flags_since, now}}).is_certain(deleted_flag);
            if (removal.certain) {
                gone.push_back(uid);
            }
        }
    }
    return gone;
}

void Folder::begin_flags(Message& message, Stamp start, const Flags& touched, const Flags& values,
                         const Flags& unknown) {
    message.flags.begin(start, touched, values, unknown);
    if ((touched & (values | unknown)).test(deleted_flag)) {
        add_removals(message);
    }
}

Folder::Count Folder::count(Interval read) const {
    std::size_t least = 0;
    std::size_t most = 0;
    std::size_t taken = buried_unbound_;  // arrivals that were seen, and removed before anyone knew who stored them
    std::size_t perhaps_taken = buried_unbound_;
    for (const auto& [uid, message] : messages_) {
        if (message.is_bound) {
            least += message.must_exist(read) ? 1 : 0;
            most += message.may_exist(read) ? 1 : 0;
        } else {
            taken += message.is_gone_before(read.start) ? 1 : 0;
            perhaps_taken += message.may_be_gone(read.end) ? 1 : 0;
        }
    }
    for (const auto& [id, arrival] : arrivals_) {
        if (!arrival.uid) {
            least += arrival.time.end < read.start && !arrival.may_be_removed ? 1 : 0;
            most += arrival.time.start < read.end ? 1 : 0;
        }
    }
    return {.least = least - std::min(least, perhaps_taken), .most = most - std::min(most, taken)};
}

std::vector<Uid> Folder::must_exist(Interval read) const {
    std::vector<Uid> uids;
    for (const auto& [uid, message] : messages_) {
        if (message.must_exist(read)) {
            uids.push_back(uid);
        }
    }
    return uids;
}

std::string Folder::unseen() const {
    std::string numbers;
    for (const auto& [id, arrival] : arrivals_) {
        if (!arrival.uid && arrival.time.end != never) {
            numbers += " " + std::to_string(arrival.content.value());
        }
    }
    return numbers;
}

void Folder::forget(Stamp oldest) {
    for (auto entry = messages_.begin(); entry != messages_.end();) {
        Message& message = entry->second;
        if (message.is_gone_before(oldest)) {
            buried_.insert(entry->first);
            buried_unbound_ += message.is_bound ? 0 : 1;
            entry = messages_.erase(entry);
        } else {
            message.flags.forget(oldest);
            ++entry;
        }
    }
    std::erase_if(arrivals_, [](const auto& entry) { return entry.second.uid && entry.second.time.end != never; });
    std::erase_if(expunges_, [&](const Expunge& one) { return one.time.end < oldest; });
}

}  // namespace postrider::bench::stress
