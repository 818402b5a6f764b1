#include "stress/world.hpp"

#include <algorithm>

#include "stress/checker.hpp"

namespace postrider::bench::stress {

void World::abandon(Pending pending, Clock::time_point now) {
    abandoned_.push_back({now, std::move(pending)});
}

void World::close_abandoned(Clock::time_point before) {
    while (!abandoned_.empty() && abandoned_.front().when < before) {
        close(abandoned_.front().pending, tick());
        abandoned_.pop_front();
    }
}

void World::close(const Pending& pending, Stamp now) {
    const Command& command = pending.command;
    if (command.verb == Verb::append || command.verb == Verb::copy) {
        for (const ArrivalId arrival : pending.arrivals) {
            folders_[command.folder].give_up(arrival, now);
        }
    }
    if (!pending.has_view) {
        return;
    }
    Folder& folder = folders_[pending.folder];
    if (command.verb == Verb::expunge || command.verb == Verb::close) {
        folder.end_expunge(pending.sent, now, Outcome::unknown, {});
    }
    if (command.verb == Verb::store || command.verb == Verb::fetch) {
        for (const Uid uid : command.messages) {
            if (Message* message = folder.find(uid)) {
                message->flags.give_up(pending.sent, now);
                message->flags.give_up(pending.rewrite, now);
            }
        }
    }
}

void World::forget() {
    Stamp oldest = tick();
    for (const Checker* checker : checkers_) {
        oldest = std::min(oldest, checker->oldest());
    }
    for (const Abandoned& abandoned : abandoned_) {
        oldest = std::min(oldest, abandoned.pending.sent);
    }
    for (Folder& folder : folders_) {
        folder.forget(oldest);
    }
}

}  // namespace postrider::bench::stress
