// What a session does next: legal commands at random, from its own sequence of random numbers and from what it was
// told.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "stress/random.hpp"
#include "stress/view.hpp"
#include "stress/world.hpp"

namespace postrider::bench::stress {

/// What a server offers beside RFC 3501.
struct Abilities {
    bool uid_plus = false;
    bool idle = false;
    bool unselect = false;
    bool literal_plus = false;
    bool cond_store = false;
    bool examine = true;  ///< Courier's EXAMINE tells UIDs that it does not keep
};

class Generator {
public:
    /// world outlives the generator.
    Generator(World& world, Random random, Abilities abilities)
        : world_(world), random_(random), abilities_(abilities) {}

    /// One command, or several that may be sent without waiting for each other's answers (RFC 3501 section 5.5).
    /// view: of the selected mailbox, null without one.
    std::vector<Command> next(const View* view);
    Random& random() { return random_; }
    /// Of a folder, seen from outside; not part of next() since it waits for the whole answer.
    Command look_at_everything();

private:
    Command pick(const View* view);
    Command pick_selected(const View& view);
    std::optional<Command> pick_to_learn(const View& view);
    Command pick_without_messages(const View* view);
    Command change(const View& view);
    Command fetch(const View& view);
    Command store(const View& view, bool deletes);
    Command search(const View& view);
    Command copy(const View& view);
    Command select();
    Command append(const View* view);
    std::size_t target(const View* view);
    Command expunge(const View& view);
    /// Some of the messages, at least one; by number or UID. what: those that may be taken.
    void name_messages(Command& command, const View& view, const std::vector<std::size_t>& what, bool only_by_uid);
    std::vector<std::size_t> some_of(const std::vector<std::size_t>& what);
    std::vector<std::size_t> known(const View& view) const;
    Flags some_flags();

    World& world_;
    Random random_;
    Abilities abilities_;
};

/// Whether a command is sent alone: it changes what is selected, or what comes next depends on its answer.
bool is_alone(const Command& command, const Abilities& abilities);

}  // namespace postrider::bench::stress
