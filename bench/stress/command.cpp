#include "stress/command.hpp"

#include <array>
#include <string>

namespace postrider::bench::stress {

namespace {

constexpr std::array<std::string_view, 15> verbs = {"SELECT", "EXAMINE", "CLOSE", "UNSELECT", "LOGOUT",
                                                    "NOOP",   "CHECK",   "IDLE",  "STATUS",   "FETCH",
                                                    "STORE",  "SEARCH",  "COPY",  "APPEND",   "EXPUNGE"};

std::string items_text(const std::vector<Item>& items) {
    std::string text = "(";
    for (const Item item : items) {
        text += text.size() > 1 ? " " : "";
        text += text_of(item).asked;
    }
    return text + ")";
}

std::string key_text(const Command& command, std::uint64_t seed) {
    const SearchKey& key = command.key;
    std::string text = key.negated ? "NOT " : "";
    switch (key.kind) {
        case SearchKey::Kind::all:
            return text + "ALL";
        case SearchKey::Kind::flag: {
            const std::string name(flag_names[key.flag]);
            return text + (key.flag < first_keyword ? name.substr(1) : "KEYWORD " + name);
        }
        case SearchKey::Kind::uids:
            return text + "UID " + command.set;
        case SearchKey::Kind::content:
            return text + "HEADER " + std::string(content_field) + " \"" + std::to_string(seed) + "-" +
                   std::to_string(key.content.value()) + "\"";
        case SearchKey::Kind::body:
            return text + "BODY \"" + body_word(key.content) + "\"";
        case SearchKey::Kind::larger:
            return text + "LARGER " + std::to_string(key.size);
    }
    return text;
}

std::string change_text(const Command& command) {
    constexpr std::array<std::string_view, 3> signs = {"+", "-", ""};
    return std::string(signs[static_cast<std::size_t>(command.change)]) + "FLAGS" +
           (command.silent ? ".SILENT " : " ") + flag_list(command.flags);
}

}  // namespace

bool Command::forbids_expunge() const {
    return !by_uid && (verb == Verb::fetch || verb == Verb::store || verb == Verb::search);
}

bool Command::uses_numbers() const {
    return !by_uid && (verb == Verb::fetch || verb == Verb::store || verb == Verb::search || verb == Verb::copy);
}

bool Command::brings_up_to_date() const {
    return verb == Verb::select || verb == Verb::examine || verb == Verb::noop || verb == Verb::check;
}

std::string wire_text(const Command& command, std::string_view mailbox, std::string_view literal, std::uint64_t seed) {
    std::string text = command.by_uid ? "UID " : "";
    text += verbs[static_cast<std::size_t>(command.verb)];
    const std::string quoted = "\"" + std::string(mailbox) + "\"";
    switch (command.verb) {
        case Verb::select:
        case Verb::examine:
            return text + " " + quoted;
        case Verb::status:
            return text + " " + quoted + " (MESSAGES UIDNEXT UIDVALIDITY)";
        case Verb::fetch:
            return text + " " + command.set + " " + items_text(command.items);
        case Verb::store:
            return text + " " + command.set + " " + change_text(command);
        case Verb::search:
            return text + " " + key_text(command, seed);
        case Verb::copy:
            return text + " " + command.set + " " + quoted;
        case Verb::append:
            return text + " " + quoted + " " + flag_list(command.flags) + " {" + std::string(literal);
        case Verb::expunge:
            return command.by_uid ? text + " " + command.set : text;
        case Verb::close:
        case Verb::unselect:
        case Verb::logout:
        case Verb::noop:
        case Verb::check:
        case Verb::idle:
            return text;
    }
    return text;
}

const ItemText& text_of(Item item) {
    static constexpr std::array<ItemText, item_count> texts = {{
        {"FLAGS", "FLAGS"},
        {"UID", "UID"},
        {"RFC822.SIZE", "RFC822.SIZE"},
        {"INTERNALDATE", "INTERNALDATE"},
        {"ENVELOPE", "ENVELOPE"},
        {"BODYSTRUCTURE", "BODYSTRUCTURE"},
        {"BODY.PEEK[HEADER.FIELDS (X-Stress)]", "BODY[HEADER.FIELDS]"},
        {"BODY.PEEK[HEADER]", "BODY[HEADER]"},
        {"BODY.PEEK[TEXT]", "BODY[TEXT]"},
        {"BODY.PEEK[]", "BODY[]"},
        {"BODY.PEEK[]<100.50>", "BODY[]<100>"},
        {"BODY[]", "BODY[]"},
        {"MODSEQ", "MODSEQ"},
    }};
    return texts[static_cast<std::size_t>(item)];
}

}  // namespace postrider::bench::stress
