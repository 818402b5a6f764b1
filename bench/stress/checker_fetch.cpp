// Untagged FETCH: which message, and whether its items are ones that it can have.
#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "stress/checker.hpp"

namespace postrider::bench::stress {

namespace {

constexpr std::array<std::string_view, 4> fixed_items = {"RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE"};

std::string name_of(Uid uid) {
    return "UID " + std::to_string(uid.value());
}

/// What the item of this message holds; none for an item that is not a part of its bytes.
std::optional<std::string> expected_bytes(std::string_view item, std::uint64_t seed, ContentId id) {
    if (item == text_of(Item::id_field).answered) {
        return id_lines(seed, id);
    }
    const std::string whole = content_of(seed, id);
    if (item == text_of(Item::whole).answered) {
        return whole;
    }
    if (item == text_of(Item::header).answered) {
        return std::string(header_of(whole));
    }
    if (item == text_of(Item::text).answered) {
        return std::string(text_of_message(whole));
    }
    if (item == text_of(Item::whole_partial).answered) {
        return whole.substr(std::min(partial_begin, whole.size()), partial_size);
    }
    return std::nullopt;
}

bool has_header(std::string_view item) {
    return item == text_of(Item::id_field).answered || item == text_of(Item::whole).answered ||
           item == text_of(Item::header).answered;
}

}  // namespace

void Checker::received_fetch(const FetchLine& line, Stamp now) {
    Slot& slot = view_->slot(line.number);
    if (const std::string* text = line.value("UID")) {
        const auto uid = parse_decimal<std::uint32_t>(*text);
        if (!uid || *uid == 0) {
            throw Contradiction(Rule::grammar, "number " + std::to_string(line.number) + " has the UID " + *text);
        }
        if (view_->learn(line.number, Uid(*uid))) {
            folder().see(Uid(*uid), now, view_->up_to_date().start);
        }
    }
    Message* message = slot.uid ? folder().find(*slot.uid) : nullptr;
    // Commands are answered in their order: what comes belongs to the oldest.
    const bool is_answer = !pending_.empty() && (pending_.front().command.verb == Verb::fetch ||
                                                 pending_.front().command.verb == Verb::store);
    for (const FetchItem& item : line.items) {
        if (is_answer && slot.uid) {
            pending_.front().answered[*slot.uid].push_back(item.name);
        }
        if (item.name == "FLAGS") {
            received_flags(item.value, message, slot, now);
        } else if (message != nullptr) {
            received_item(item, *message, slot, now);
        }
    }
}

void Checker::received_item(const FetchItem& item, Message& message, Slot& slot, Stamp now) {
    if (standard_ == Standard::foreign && message.may_be_gone(now)) {
        return;  // of a text in its stead
    }
    if (item.name == "MODSEQ") {
        const std::string_view text = item.value;
        const auto value =
            text.size() > 2 ? parse_decimal<std::uint64_t>(text.substr(1, text.size() - 2)) : std::nullopt;
        if (!value || *value < slot.mod_seq) {
            throw Contradiction(Rule::mod_seq, name_of(message.uid) + " has MODSEQ " + item.value + " and had " +
                                                   std::to_string(slot.mod_seq));
        }
        slot.mod_seq = *value;
    } else if (std::ranges::find(fixed_items, item.name) != fixed_items.end()) {
        const auto& [place, is_first] = message.fixed.try_emplace(item.name, item.value);
        if (place->second != item.value) {
            throw Contradiction(Rule::fixed_item, name_of(message.uid) + " has the " + item.name + " " + item.value +
                                                      " and had " + place->second);
        }
        const bool is_size = item.name == text_of(Item::size).answered && message.content;
        if (is_size && item.value != std::to_string(content_of(world_.seed(), *message.content).size())) {
            throw Contradiction(Rule::content, name_of(message.uid) + " has the size " + item.value +
                                                   ", which is not that of what was stored");
        }
    } else if (item.name.starts_with("BODY[")) {
        received_body(item, message);
    }
}

void Checker::received_body(const FetchItem& item, Message& message) {
    if (has_header(item.name)) {
        const auto id = id_in(world_.seed(), item.value);
        if (!id) {
            throw Contradiction(Rule::content, name_of(message.uid) + " is a message that nobody has stored");
        }
        folder().identify(message, *id);
    }
    if (!message.content) {
        return;
    }
    const auto expected = expected_bytes(item.name, world_.seed(), *message.content);
    if (expected && item.value != *expected) {
        const auto place = std::ranges::mismatch(item.value, *expected).in1 - item.value.begin();
        throw Contradiction(Rule::content, item.name + " of " + name_of(message.uid) + " has " +
                                               std::to_string(item.value.size()) + " bytes, stored were " +
                                               std::to_string(expected->size()) + "; they differ from byte " +
                                               std::to_string(place) + " on");
    }
}

void Checker::received_flags(const std::string& value, Message* message, Slot& slot, Stamp now) {
    const auto told = parse_flags(value);
    if (!told) {
        throw Contradiction(Rule::flags, "flags that nobody has set: " + value);
    }
    slot.told = told->flags;
    if (message == nullptr) {
        return;
    }
    const Read read{.time = {view_->up_to_date().start, now}, .seen = slot.seen};
    const PossibleFlags possible = message->flags.possible(read);
    if (const Flags wrong = possible.impossible(told->flags, Flags().set()); wrong.any()) {
        throw Contradiction(Rule::flags, name_of(message->uid) + " has the flags " + value +
                                             ", but in no order of the operations " + flag_list(wrong) + " is so");
    }
    slot.seen = message->flags.observe(told->flags, read);
    if (told->recent && !view_->read_only()) {
        if (message->recent_in.value_or(view_->selection()) != view_->selection()) {
            throw Contradiction(Rule::recent_twice, name_of(message->uid) + " was \\Recent in another session before");
        }
        message->recent_in = view_->selection();
    }
}

}  // namespace postrider::bench::stress
