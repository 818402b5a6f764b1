#include "stress/generator.hpp"

#include <algorithm>

namespace postrider::bench::stress {

namespace {

constexpr std::size_t small_folder = 12;
constexpr std::size_t large_folder = 60;
constexpr std::size_t most_at_once = 4;

/// "2:4,7" of the messages at these places, ascending; a range only where the places follow each other.
std::string set_of(const View& view, const std::vector<std::size_t>& places, bool by_uid) {
    const auto name = [&](std::size_t place) {
        return std::to_string(by_uid ? view.slots()[place].uid->value() : static_cast<std::uint32_t>(place + 1));
    };
    std::string set;
    for (std::size_t first = 0; first < places.size();) {
        std::size_t last = first;
        while (last + 1 < places.size() && places[last + 1] == places[last] + 1) {
            ++last;
        }
        set += (set.empty() ? "" : ",") + name(places[first]);
        set += last > first ? ":" + name(places[last]) : "";
        first = last + 1;
    }
    return set;
}

}  // namespace

bool is_alone(const Command& command, const Abilities& abilities) {
    switch (command.verb) {
        case Verb::select:
        case Verb::examine:
        case Verb::close:
        case Verb::unselect:
        case Verb::logout:
        case Verb::idle:
            return true;
        case Verb::append:
            return !abilities.literal_plus;
        default:
            return false;
    }
}

std::vector<Command> Generator::next(const View* view) {
    std::vector<Command> commands = {pick(view)};
    const std::size_t wanted = random_.chance(60) ? 1 : 1 + random_.below(most_at_once);
    while (commands.size() < wanted && !is_alone(commands.front(), abilities_)) {
        Command command = pick(view);
        const bool expunge_may_come =
            std::ranges::any_of(commands, [](const Command& one) { return !one.forbids_expunge(); });
        if (is_alone(command, abilities_) || (expunge_may_come && command.uses_numbers())) {
            break;
        }
        commands.push_back(std::move(command));
    }
    return commands;
}

Command Generator::look_at_everything() {
    return {.verb = Verb::fetch,
            .by_uid = true,
            .everything = true,
            .set = "1:*",
            .items = {Item::flags, Item::size, Item::internal_date, Item::whole}};
}

Command Generator::pick(const View* view) {
    if (view == nullptr) {
        if (random_.chance(75)) {
            return select();
        }
        return pick_without_messages(nullptr);
    }
    if (random_.chance(70)) {
        if (auto learning = pick_to_learn(*view)) {
            return std::move(*learning);
        }
    }
    return pick_selected(*view);
}

Command Generator::pick_selected(const View& view) {
    if (known(view).empty()) {
        return random_.chance(40) ? append(&view) : pick_without_messages(&view);
    }
    const std::size_t choice = random_.below(100);
    if (choice < 30) {
        return fetch(view);
    }
    if (choice < 42) {
        return search(view);
    }
    if (choice < 70) {
        return view.read_only() ? fetch(view) : change(view);
    }
    return pick_without_messages(&view);
}

/// UIDs and contents that are not known: most of what is random needs them.
std::optional<Command> Generator::pick_to_learn(const View& view) {
    if (view.unknown() > 0) {
        return Command{.verb = Verb::fetch,
                       .by_uid = random_.chance(50),
                       .everything = true,
                       .set = "1:*",
                       .items = {Item::uid, Item::flags}};
    }
    std::vector<std::size_t> places;
    Folder& folder = world_.folders()[view.folder()];
    for (const std::size_t place : known(view)) {
        const Message* message = folder.find(*view.slots()[place].uid);
        if (message != nullptr && !message->content) {
            places.push_back(place);
        }
    }
    if (places.empty()) {
        return std::nullopt;
    }
    Command command{.verb = Verb::fetch, .by_uid = true, .items = {Item::id_field}};
    command.set = set_of(view, places, true);
    for (const std::size_t place : places) {
        command.messages.push_back(*view.slots()[place].uid);
    }
    return command;
}

Command Generator::pick_without_messages(const View* view) {
    const std::size_t choice = random_.below(100);
    Command command;
    if (choice < 35) {
        command.verb = random_.chance(80) || view == nullptr ? Verb::noop : Verb::check;
    } else if (choice < 45) {
        return append(view);
    } else if (choice < 60 && abilities_.idle && view != nullptr) {
        command.verb = Verb::idle;
    } else if (choice < 70) {
        command.folder = random_.below(world_.folders().size());
        command.verb = view != nullptr && view->folder() == command.folder ? Verb::noop : Verb::status;
    } else if (choice < 85) {
        return select();
    } else if (choice < 92 && view != nullptr) {
        command.verb = abilities_.unselect && random_.chance(60) ? Verb::unselect : Verb::close;
    } else if (choice < 95) {
        command.verb = Verb::logout;
    }
    return command;
}

/// A command that changes the folder; which one depends on how full it is.
Command Generator::change(const View& view) {
    const std::size_t size = view.slots().size();
    const std::size_t grows = size < small_folder ? 60 : size > large_folder ? 5 : 25;
    const std::size_t shrinks = size < small_folder ? 5 : size > large_folder ? 60 : 25;
    const std::size_t choice = random_.below(100);
    if (choice < grows) {
        return random_.chance(50) ? append(&view) : copy(view);
    }
    if (choice < grows + shrinks) {
        return random_.chance(50) ? store(view, true) : expunge(view);
    }
    return store(view, false);
}

std::vector<std::size_t> Generator::known(const View& view) const {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < view.slots().size(); ++place) {
        if (view.slots()[place].uid) {
            places.push_back(place);
        }
    }
    return places;
}

std::vector<std::size_t> Generator::some_of(const std::vector<std::size_t>& what) {
    const std::size_t first = random_.below(what.size());
    if (random_.chance(40)) {
        return {what[first]};
    }
    if (random_.chance(40)) {
        const std::size_t count = 1 + random_.below(what.size() - first);
        return {what.begin() + static_cast<std::ptrdiff_t>(first),
                what.begin() + static_cast<std::ptrdiff_t>(first + count)};
    }
    std::vector<std::size_t> some = {what[first]};
    for (const std::size_t place : what) {
        if (place != what[first] && random_.chance(15)) {
            some.push_back(place);
        }
    }
    std::ranges::sort(some);
    return some;
}

void Generator::name_messages(Command& command, const View& view, const std::vector<std::size_t>& what,
                              bool only_by_uid) {
    const std::vector<std::size_t> places = some_of(what);
    const bool by_uid = only_by_uid || random_.chance(50);
    command.by_uid = by_uid && command.verb != Verb::search;
    command.set = set_of(view, places, by_uid);
    for (const std::size_t place : places) {
        command.messages.push_back(*view.slots()[place].uid);
    }
}

Flags Generator::some_flags() {
    Flags flags;
    for (std::size_t index = 0; index < flag_count; ++index) {
        flags[index] = index != deleted_flag && random_.chance(25);
    }
    return flags;
}

Command Generator::fetch(const View& view) {
    Command command{.verb = Verb::fetch};
    const std::size_t items = 1 + random_.below(4);
    while (command.items.size() < items) {
        const auto item = static_cast<Item>(random_.below(item_count));
        const bool answered_alike = std::ranges::any_of(
            command.items, [&](Item one) { return text_of(one).answered == text_of(item).answered; });
        if (!answered_alike && (item != Item::mod_seq || abilities_.cond_store)) {
            command.items.push_back(item);
        }
    }
    const bool sets_seen = std::ranges::find(command.items, Item::whole_seen) != command.items.end();
    if (!sets_seen && random_.chance(20)) {
        command.everything = true;
        command.by_uid = random_.chance(50);
        command.set = "1:*";
        return command;
    }
    name_messages(command, view, known(view), false);
    return command;
}

Command Generator::store(const View& view, bool deletes) {
    Command command{.verb = Verb::store};
    command.change = deletes ? Change::add : static_cast<Change>(random_.below(3));
    command.silent = random_.chance(40);
    command.flags = some_flags();
    if (deletes) {
        command.flags = flag(deleted_flag);
    } else if (command.change == Change::remove && random_.chance(30)) {
        command.flags.set(deleted_flag);
    }
    if (command.flags.none() && command.change != Change::replace) {
        command.flags = flag(seen_flag);
    }
    name_messages(command, view, known(view), false);
    return command;
}

Command Generator::search(const View& view) {
    Command command{.verb = Verb::search};
    command.key.kind = static_cast<SearchKey::Kind>(random_.below(6));
    command.key.negated = random_.chance(25);
    command.key.flag = random_.below(flag_count);
    command.key.size = random_.below(6000);
    const std::vector<std::size_t> places = known(view);
    const Message* message = world_.folders()[view.folder()].find(*view.slots()[random_.one_of(places)].uid);
    command.key.content = message != nullptr && message->content ? *message->content : ContentId(1);
    if (command.key.kind == SearchKey::Kind::uids) {
        name_messages(command, view, places, true);
    }
    command.by_uid = random_.chance(50);
    return command;
}

/// Only of messages whose content is known, so that the copy can be told from others.
Command Generator::copy(const View& view) {
    std::vector<std::size_t> places = known(view);
    std::erase_if(places, [&](std::size_t place) {
        const Message* message = world_.folders()[view.folder()].find(*view.slots()[place].uid);
        return message == nullptr || !message->content;
    });
    if (places.empty()) {
        return append(&view);
    }
    if (places.size() > small_folder) {
        places.resize(small_folder);
    }
    Command command{.verb = Verb::copy};
    command.folder = target(&view);
    name_messages(command, view, places, false);
    return command;
}

/// A single folder is never opened read-only: see target().
Command Generator::select() {
    const std::size_t count = world_.folders().size();
    const bool examine = abilities_.examine && count > 1 && random_.chance(20);
    return {.verb = examine ? Verb::examine : Verb::select, .folder = random_.below(count)};
}

/// A folder to store messages in: a server may refuse to change the one that the session has opened read-only.
std::size_t Generator::target(const View* view) {
    const std::size_t folder = random_.below(world_.folders().size());
    const bool refused = view != nullptr && view->read_only() && view->folder() == folder;
    return refused ? (folder + 1) % world_.folders().size() : folder;
}

Command Generator::append(const View* view) {
    return {.verb = Verb::append,
            .folder = target(view),
            .flags = random_.chance(50) ? some_flags() : Flags(),
            .content = world_.new_content()};
}

Command Generator::expunge(const View& view) {
    Command command{.verb = Verb::expunge};
    if (abilities_.uid_plus && random_.chance(40)) {
        name_messages(command, view, known(view), true);
    }
    return command;
}

}  // namespace postrider::bench::stress
