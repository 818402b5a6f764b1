// Commands: what they may change from the moment they are sent, and what must be so when they have ended.
#include <algorithm>

#include "stress/checker.hpp"
#include "stress/response_code.hpp"

namespace postrider::bench::stress {

namespace {

std::string name_of(Uid uid) {
    return "UID " + std::to_string(uid.value());
}

/// The flags that a STORE gives their values.
Flags touched_by(const Command& command) {
    return command.change == Change::replace ? Flags().set() : command.flags;
}

Flags values_of(const Command& command) {
    return command.change == Change::remove ? Flags() : command.flags;
}

/// Whether a FETCH that ended answered this item of the message.
bool has_item(const Pending& pending, Uid uid, std::string_view name) {
    const auto answered = pending.answered.find(uid);
    return answered != pending.answered.end() && std::ranges::find(answered->second, name) != answered->second.end();
}

struct CopyUid {
    std::uint32_t validity = 0;  ///< 0: there is no COPYUID
    std::vector<Uid> from;
    std::vector<Uid> to;  ///< as many
};

CopyUid copy_uid(const Response& response) {
    const auto words = code_words(response.text, "COPYUID");
    if (!words) {
        return {};
    }
    const bool complete = words->size() == 3;
    const auto validity = complete ? parse_decimal<std::uint32_t>(words->front()) : std::nullopt;
    auto from = complete ? parse_uid_set((*words)[1]) : std::nullopt;
    auto to = complete ? parse_uid_set((*words)[2]) : std::nullopt;
    if (!validity || *validity == 0 || !from || !to || from->size() != to->size() || !std::ranges::is_sorted(*to)) {
        throw Contradiction(Rule::copy_uid, "a COPYUID that does not pair UIDs: " + response.text);
    }
    return {*validity, std::move(*from), std::move(*to)};
}

}  // namespace

void Checker::sent(std::string tag, Command command) {
    if (command.verb == Verb::select || command.verb == Verb::examine) {
        view_.emplace(command.folder, command.verb == Verb::examine, world_.tick());
    }
    Pending pending;
    pending.tag = std::move(tag);
    pending.command = std::move(command);
    pending.sent = world_.tick();
    pending.rewrite = world_.tick();
    pending.has_view = view_.has_value();
    if (view_) {
        pending.folder = view_->folder();
        pending.up_to_date = view_->up_to_date().start;
        pending.known = view_->uids();
        pending.knows_less = view_->unknown() > 0;
    }
    Folder& named = world_.folders()[pending.command.folder];
    pending.least_next = named.least_next();
    pending.highest_mod_seq = named.highest_mod_seq;
    begin_changes(pending);
    pending_.push_back(std::move(pending));
}

void Checker::begin_changes(Pending& pending) {
    const Command& command = pending.command;
    const bool asks_for_whole = std::ranges::find(command.items, Item::whole_seen) != command.items.end();
    pending.sets_seen = command.verb == Verb::fetch && asks_for_whole && !view_->read_only();
    Folder& target = world_.folders()[command.folder];
    if (command.verb == Verb::append) {
        pending.arrivals = {target.arrive(pending.sent, command.content, command.flags)};
    }
    if (command.verb == Verb::expunge || (command.verb == Verb::close && !view_->read_only())) {
        // Courier goes by the flags that the session was told of last.
        const Stamp flags_since = standard_ == Standard::foreign ? view_->up_to_date().start : pending.sent;
        folder().begin_expunge(pending.sent, command.by_uid ? std::optional(command.messages) : std::nullopt,
                               flags_since);
    }
    for (const Uid uid : command.messages) {
        Message* message = folder().find(uid);
        if (command.verb == Verb::copy) {
            const ContentId content = message == nullptr ? ContentId() : message->content.value_or(ContentId());
            pending.arrivals.push_back(target.arrive(pending.sent, content, {}, Flags().set()));
            const Slot* slot = view_->find(uid);
            pending.seen.push_back(slot == nullptr ? Seen() : slot->seen);
        } else if (message != nullptr && command.verb == Verb::store) {
            begin_flags(pending, *message, touched_by(command), values_of(command));
        } else if (message != nullptr && pending.sets_seen) {
            // For whom it is \Seen already the server has nothing to set, though another session clears it meanwhile.
            if (!message->flags.possible({.time = {view_->up_to_date().start, pending.sent}}).set.test(seen_flag)) {
                pending.unseen.push_back(uid);
            }
            begin_flags(pending, *message, flag(seen_flag), flag(seen_flag));
        }
    }
}

/// Courier writes all flags and keywords as its session knows them: changes of others since then may be undone.
void Checker::begin_flags(const Pending& pending, Message& message, const Flags& touched, const Flags& values) {
    folder().begin_flags(message, pending.sent, touched, values);
    if (standard_ == Standard::foreign) {
        folder().begin_flags(message, pending.rewrite, ~touched, {}, ~touched);
    }
}

void Checker::dropped(World::Clock::time_point now) {
    for (Pending& pending : pending_) {
        world_.abandon(std::move(pending), now);
    }
    pending_.clear();
    view_.reset();
}

void Checker::cut_literal() {
    const Pending append = std::move(pending_.back());
    pending_.pop_back();
    world_.folders()[append.command.folder].not_arrived(append.arrivals.front());
}

void Checker::finish(Pending& pending, const Response& response, Stamp now) {
    const std::string_view status = std::string_view(response.text).substr(pending.tag.size() + 1);
    const bool ok = status.starts_with("OK");
    if (!ok) {
        check_refusal(pending, response, now);
    }
    switch (pending.command.verb) {
        case Verb::fetch:
            return finish_fetch(pending, ok, now);
        case Verb::store:
            return finish_store(pending, ok, now);
        case Verb::append:
            return finish_append(pending, response, now);
        case Verb::copy:
            return finish_copy(pending, response, ok, now);
        case Verb::expunge:
            return finish_expunge(pending, ok, now);
        case Verb::close:
            finish_expunge(pending, ok, now);
            view_.reset();
            return;
        case Verb::unselect:
        case Verb::logout:
            view_.reset();
            return;
        case Verb::status:
        case Verb::search:
            if (!pending.has_answer) {
                throw Contradiction(Rule::answer_incomplete, "OK without an answer: " + response.text);
            }
            return;
        case Verb::select:
        case Verb::examine:
        case Verb::noop:
        case Verb::check:
            if (view_) {
                check_up_to_date({pending.sent, now});
            }
            return;
        case Verb::idle:
            return;
    }
}

/// NO is right only for a command that names messages of which one may have been expunged.
void Checker::check_refusal(const Pending& pending, const Response& response, Stamp now) {
    const Command& command = pending.command;
    const bool names_messages =
        command.verb == Verb::fetch || command.verb == Verb::store || command.verb == Verb::copy;
    const bool is_no = std::string_view(response.text).substr(pending.tag.size() + 1).starts_with("NO");
    const auto gone = [&](Uid uid) { return may_be_gone(uid, now); };
    const std::vector<Uid>& named = command.everything ? pending.known : command.messages;
    const bool may_be_right = std::ranges::any_of(named, gone) || (command.everything && pending.knows_less);
    if (!names_messages || !is_no || !may_be_right) {
        throw Contradiction(Rule::refused, "a legal command is refused: " + response.text);
    }
}

void Checker::finish_fetch(Pending& pending, bool ok, Stamp now) {
    const Command& command = pending.command;
    for (const Uid uid : command.everything ? pending.known : command.messages) {
        Message* message = folder().find(uid);
        const bool gone = message == nullptr || message->may_be_gone(now);
        for (const Item item : command.items) {
            const bool has_it = has_item(pending, uid, text_of(item).answered);
            if (ok && !has_it && !gone) {
                throw Contradiction(
                    Rule::answer_incomplete,
                    "FETCH has ended without " + std::string(text_of(item).answered) + " of " + name_of(uid));
            }
        }
        if (ok && command.by_uid && !gone && !has_item(pending, uid, "UID")) {
            throw Contradiction(Rule::answer_incomplete, "UID FETCH has ended without the UID of " + name_of(uid));
        }
        if (pending.sets_seen && message != nullptr) {
            message->flags.give_up(pending.rewrite, now);
            const bool was_unseen = std::ranges::find(pending.unseen, uid) != pending.unseen.end();
            if (was_unseen && !gone && has_item(pending, uid, text_of(Item::whole_seen).answered)) {
                message->flags.end(pending.sent, now);
            } else {
                message->flags.give_up(pending.sent, now);
            }
        }
    }
    if (ok && command.everything && view_->unknown() == 0) {
        check_complete({view_->up_to_date().start, now});
    }
}

void Checker::finish_store(Pending& pending, bool ok, Stamp now) {
    const Command& command = pending.command;
    const Flags touched = touched_by(command);
    for (const Uid uid : command.messages) {
        Message* message = folder().find(uid);
        Slot* slot = view_->find(uid);
        if (message == nullptr || slot == nullptr) {
            continue;
        }
        message->flags.give_up(pending.rewrite, now);
        if (!ok || message->may_be_gone(now)) {
            message->flags.give_up(pending.sent, now);
            slot->told.reset();  // whether the server believes that the client knows, nobody can say
            continue;
        }
        message->flags.end(pending.sent, now);
        for (std::size_t index = 0; index < flag_count; ++index) {
            slot->seen[index] = touched[index] ? std::max(slot->seen[index], pending.sent) : slot->seen[index];
        }
        const bool was_told = has_item(pending, uid, "FLAGS");
        if (!command.silent && !was_told) {
            throw Contradiction(Rule::answer_incomplete, "STORE has ended without the flags of " + name_of(uid));
        }
        // Flags that come although it is .SILENT tell that another session has changed them too: they stand.
        if (!was_told && (slot->told || touched.all())) {
            slot->told = (slot->told.value_or(Flags()) & ~touched) | values_of(command);
        }
        check_told(*slot, *message, touched, {view_->up_to_date().start, now}, Rule::flags);
    }
}

/// The client's belief of these flags is possible in the interval.
void Checker::check_told(const Slot& slot, const Message& message, const Flags& mask, Interval read, Rule rule) {
    if (!slot.told) {
        return;
    }
    const PossibleFlags possible = message.flags.possible({.time = read, .seen = slot.seen});
    const Flags wrong = possible.impossible(*slot.told, mask);
    if (wrong.any()) {
        throw Contradiction(rule, "the session was told that " + name_of(message.uid) + " has the flags " +
                                      flag_list(*slot.told) + ", but in no order of the operations " +
                                      flag_list(wrong) + " is still so");
    }
}

void Checker::finish_append(Pending& pending, const Response& response, Stamp now) {
    Folder& target = world_.folders()[pending.command.folder];
    const auto words = code_words(response.text, "APPENDUID");
    if (!words) {
        target.arrived(pending.arrivals.front(), now, std::nullopt);
        return;
    }
    const auto validity = words->size() == 2 ? parse_decimal<std::uint32_t>(words->front()) : std::nullopt;
    const auto uid = validity ? parse_decimal<std::uint32_t>(words->back()) : std::nullopt;
    if (!uid || *uid == 0) {
        throw Contradiction(Rule::copy_uid, "an APPENDUID that cannot be read: " + response.text);
    }
    target.see_uid_validity(*validity);
    target.arrived(pending.arrivals.front(), now, Uid(*uid));
}

void Checker::finish_copy(Pending& pending, const Response& response, bool ok, Stamp now) {
    const Command& command = pending.command;
    Folder& target = world_.folders()[command.folder];
    const CopyUid pairs = copy_uid(response);
    if (pairs.validity != 0) {
        target.see_uid_validity(pairs.validity);
    }
    if (pairs.from.size() > command.messages.size()) {
        throw Contradiction(Rule::copy_uid, "more is said to be copied than was named: " + response.text);
    }
    for (std::size_t index = 0; index < command.messages.size(); ++index) {
        const Uid uid = command.messages[index];
        const ArrivalId arrival = pending.arrivals[index];
        const Message* source = folder().find(uid);
        const bool gone = source == nullptr || source->may_be_gone(now);
        const auto place = static_cast<std::size_t>(std::ranges::find(pairs.from, uid) - pairs.from.begin());
        if (source != nullptr && ok) {
            target.arrived_with(arrival, source->flags.possible({{pending.up_to_date, now}, pending.seen[index]}));
        }
        if (place < pairs.from.size()) {
            target.arrived(arrival, now, pairs.to[place]);
        } else if (!ok || (pairs.validity != 0 && gone)) {
            target.not_arrived(arrival);
        } else if (gone) {
            target.give_up(arrival, now);
        } else if (pairs.validity == 0) {
            target.arrived(arrival, now, std::nullopt);
        } else {
            throw Contradiction(Rule::copy_uid, name_of(uid) + " is not named as copied: " + response.text);
        }
    }
}

void Checker::finish_expunge(Pending& pending, bool ok, Stamp now) {
    const Outcome outcome = ok ? Outcome::done : Outcome::refused;
    for (const Uid uid : folder().end_expunge(pending.sent, now, outcome, pending.known)) {
        if (pending.command.verb == Verb::expunge && view_->find(uid) != nullptr) {
            throw Contradiction(Rule::expunge_left, "EXPUNGE has ended and the session still has " + name_of(uid) +
                                                        ", which was \\Deleted");
        }
    }
}

void Checker::check_up_to_date(Interval command) {
    for (const Slot& slot : view_->slots()) {
        Message* message = slot.uid ? folder().find(*slot.uid) : nullptr;
        if (!slot.uid) {
            continue;
        }
        if (message == nullptr || !message->observe_alive(command.start)) {
            throw Contradiction(Rule::message_back, "the session is up to date and still has " + name_of(*slot.uid) +
                                                        ", which was expunged before");
        }
        check_told(slot, *message, Flags().set(), command, Rule::flags_not_told);
    }
    view_->brought_up_to_date(command);
    check_complete(command);
}

/// Every message that is there in every order of the operations has a number; and there are not more than can be.
void Checker::check_complete(Interval read) {
    const std::vector<Uid> known = view_->uids();
    std::size_t missing = 0;
    for (const Uid uid : folder().must_exist(read)) {
        missing += std::ranges::binary_search(known, uid) ? 0 : 1;
        if (missing > view_->unknown()) {
            throw Contradiction(Rule::message_lost, "the session is up to date and does not have " + name_of(uid) +
                                                        ", which nobody has expunged");
        }
    }
    const Folder::Count count = folder().count(read);
    const std::size_t told = view_->slots().size();
    if (told < count.least) {
        throw Contradiction(Rule::message_count, "the session is up to date and has " + std::to_string(told) +
                                                     " messages, there are at least " + std::to_string(count.least) +
                                                     "; stored and not yet seen under a UID:" + folder().unseen());
    }
    if (told > count.most) {
        throw Contradiction(Rule::message_count, "the session has " + std::to_string(told) +
                                                     " messages, there can be " + std::to_string(count.most));
    }
}

}  // namespace postrider::bench::stress
