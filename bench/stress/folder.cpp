#include "stress/folder.hpp"

#include <algorithm>

namespace postrider::bench::stress {

namespace {

std::string uid_text(Uid uid) {
    return "UID " + std::to_string(uid.value());
}

std::string content_text(ContentId content) {
    return "message number " + std::to_string(content.value());
}

}  // namespace

bool Folder::Expunge::covers(Uid uid) const {
    return !only || std::ranges::find(*only, uid) != only->end();
}

ArrivalId Folder::arrive(Stamp start, ContentId content, const Flags& values, const Flags& unknown) {
    last_arrival_ = last_arrival_.next();
    arrivals_[last_arrival_] = {
        .time = {start, never},
        .content = content,
        .values = values,
        .unknown = unknown,
        .least_uid = least_next_,
        .uid = std::nullopt,
        .may_be_removed = std::ranges::any_of(expunges_, [](const Expunge& one) { return one.time.end == never; }) &&
                          (values | unknown).test(deleted_flag)};
    return last_arrival_;
}

void Folder::arrived(ArrivalId id, Stamp now, std::optional<Uid> uid) {
    Arrival& arrival = arrivals_.at(id);
    arrival.time.end = std::min(arrival.time.end, now);
    if (uid && arrival.uid && *uid != *arrival.uid) {
        throw Contradiction(Rule::copy_uid, content_text(arrival.content) + " is said to have " + uid_text(*uid) +
                                                ", but was read under " + uid_text(*arrival.uid));
    }
    if (uid && !arrival.uid) {
        if (buried_.contains(*uid)) {
            throw Contradiction(Rule::copy_uid, uid_text(*uid) + " is said to be new, but was expunged before");
        }
        Message* known = find(*uid);
        bind(arrival, known != nullptr ? *known : add(*uid, now));
    }
    if (arrival.uid) {
        if (Message* message = find(*arrival.uid)) {
            message->born.end = std::min(message->born.end, now);
            message->flags.end(arrival.time.start, now);
        }
        arrivals_.erase(id);
    }
}

void Folder::arrived_with(ArrivalId id, const PossibleFlags& given) {
    Arrival& arrival = arrivals_.at(id);
    const Flags known = given.set ^ given.clear;
    arrival.values = (arrival.values & ~known) | (given.set & known);
    arrival.unknown &= ~known;
    Message* message = arrival.uid ? find(*arrival.uid) : nullptr;
    if (message == nullptr) {
        return;
    }
    if (const Flags wrong = message->flags.narrow(arrival.time.start, given); wrong.any()) {
        throw Contradiction(Rule::flags, uid_text(*arrival.uid) + " is a copy, but " + flag_list(wrong) +
                                             " of it is not as in the message that was copied");
    }
}

void Folder::give_up(ArrivalId id, Stamp now) {
    const Arrival& arrival = arrivals_.at(id);
    if (Message* message = arrival.uid ? find(*arrival.uid) : nullptr) {
        message->flags.give_up(arrival.time.start, now);
        arrivals_.erase(id);
    }
}

void Folder::not_arrived(ArrivalId id) {
    const Arrival& arrival = arrivals_.at(id);
    if (arrival.uid) {
        throw Contradiction(Rule::content, uid_text(*arrival.uid) + " is " + content_text(arrival.content) +
                                               ", the storing of which was refused");
    }
    arrivals_.erase(id);
}

/// The arrival is this message.
void Folder::bind(Arrival& arrival, Message& message) {
    if (message.is_bound) {
        throw Contradiction(Rule::copy_uid, uid_text(message.uid) + " stands for two messages that were stored");
    }
    if (message.uid < arrival.least_uid) {
        throw Contradiction(Rule::uid_below_uid_next, content_text(arrival.content) + " has " + uid_text(message.uid) +
                                                          ", but " + uid_text(arrival.least_uid) +
                                                          " was the least one for it when its storing began");
    }
    if (message.content && *message.content != arrival.content) {
        throw Contradiction(Rule::content, uid_text(message.uid) + " is said to be " + content_text(arrival.content) +
                                               ", but " + content_text(*message.content) + " was read under it");
    }
    message.is_bound = true;
    message.content = arrival.content;
    message.born = {arrival.time.start, std::min(message.born.end, arrival.time.end)};
    if (const Flags wrong = message.flags.born(arrival.time, arrival.values, arrival.unknown); wrong.any()) {
        throw Contradiction(Rule::flags, uid_text(message.uid) + " was stored with " + flag_list(arrival.values) +
                                             ", and " + flag_list(wrong) + " was seen otherwise before any change");
    }
    arrival.uid = message.uid;
    add_removals(message);
}

Message& Folder::add(Uid uid, Stamp now) {
    Message& message = messages_[uid];
    message.uid = uid;
    message.born.end = now;
    raise_next(uid.next());
    return message;
}

Message& Folder::see(Uid uid, Stamp now, Stamp up_to_date_from) {
    Message* message = find(uid);
    if (buried_.contains(uid) || (message != nullptr && message->is_gone_before(up_to_date_from))) {
        throw Contradiction(Rule::message_back, uid_text(uid) + " is told, but it was expunged before");
    }
    if (message == nullptr) {
        message = &add(uid, now);
        add_removals(*message);
    }
    message->born.end = std::min(message->born.end, now);
    return *message;
}

Message* Folder::find(Uid uid) {
    const auto found = messages_.find(uid);
    return found == messages_.end() ? nullptr : &found->second;
}

std::vector<Folder::Arrival*> Folder::unbound_with(ContentId content) {
    std::vector<Arrival*> found;
    for (auto& [id, arrival] : arrivals_) {
        if (!arrival.uid && arrival.content == content) {
            found.push_back(&arrival);
        }
    }
    return found;
}

void Folder::identify(Message& message, ContentId content) {
    if (message.content) {
        if (*message.content != content) {
            throw Contradiction(Rule::content, uid_text(message.uid) + " was " + content_text(*message.content) +
                                                   " and is " + content_text(content) + " now");
        }
        return;
    }
    message.content = content;
    const std::vector<Arrival*> candidates = unbound_with(content);
    const auto alike = static_cast<std::size_t>(std::ranges::count_if(
        messages_, [&](const auto& entry) { return !entry.second.is_bound && entry.second.content == content; }));
    if (alike > candidates.size()) {
        throw Contradiction(Rule::content, uid_text(message.uid) + " is " + content_text(content) +
                                               ", which nobody has stored here so often");
    }
    if (candidates.size() == 1) {
        bind(*candidates.front(), message);
    }
}

void Folder::see_uid_validity(std::uint32_t value) {
    if (uid_validity_.value_or(value) != value) {
        throw Contradiction(Rule::uid_validity,
                            "UIDVALIDITY is " + std::to_string(value) + " and was " + std::to_string(*uid_validity_));
    }
    uid_validity_ = value;
}

void Folder::check_uid_next(Uid next, Uid least) const {
    if (next < least) {
        throw Contradiction(Rule::uid_below_uid_next, "UIDNEXT is " + std::to_string(next.value()) +
                                                          ", but no message can have a UID below " +
                                                          std::to_string(least.value()) + " any more");
    }
}

void Folder::see_uid_next(Uid next, Uid least) {
    check_uid_next(next, least);
    raise_next(next);
}

}  // namespace postrider::bench::stress
