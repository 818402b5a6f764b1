// What all sessions of a stress run share: the folders' models, the order of events, and what dropped sessions left
// open.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "stress/command.hpp"
#include "stress/folder.hpp"

namespace postrider::bench::stress {

class Checker;

/// A command that was sent, with what has come for it.
struct Pending {
    std::string tag;
    Command command;
    Stamp sent;
    std::size_t folder = 0;  ///< that was selected, where one was
    bool has_view = false;
    bool sets_seen = false;   ///< a FETCH that sets \Seen
    std::vector<Uid> unseen;  ///< of them, those that were surely not \Seen for the session
    Stamp rewrite;            ///< of a foreign server's change of flags: names what it may do to the other flags
    Uid least_next;           ///< of the folder that it names, when it was sent
    std::uint64_t highest_mod_seq = 0;
    std::vector<ArrivalId> arrivals;                   ///< of COPY, one for each message; of APPEND, one
    std::vector<Uid> known;                            ///< UIDs that the session knew when it was sent
    bool knows_less = false;                           ///< it was told of messages whose UIDs it did not know
    std::map<Uid, std::vector<std::string>> answered;  ///< the items that came, by message
    std::vector<Seen> seen;   ///< of COPY, what the session had seen of each message's flags when it was sent
    Stamp up_to_date;         ///< the session, when it was sent
    bool has_answer = false;  ///< of SEARCH and STATUS
};

class World {
public:
    using Clock = std::chrono::steady_clock;

    explicit World(std::uint64_t seed) : seed_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    std::uint64_t seed() const { return seed_; }
    Stamp tick() { return moments_.tick(); }
    std::deque<Folder>& folders() { return folders_; }
    ContentId new_content() { return last_content_ = last_content_.next(); }

    /// A command whose session was dropped before its end. It is taken to have ended when close_abandoned() says so.
    void abandon(Pending pending, Clock::time_point now);
    /// Commands abandoned before this can have no effect any more.
    void close_abandoned(Clock::time_point before);
    /// Frees what nobody can meet any more. Every so many commands.
    void forget();

private:
    friend Checker;
    struct Abandoned {
        Clock::time_point when;
        Pending pending;
    };
    void close(const Pending& pending, Stamp now);

    std::uint64_t seed_;
    Moments moments_;
    std::deque<Folder> folders_;
    ContentId last_content_;
    std::vector<const Checker*> checkers_;  ///< of the sessions that live; they leave it themselves
    std::deque<Abandoned> abandoned_;
};

}  // namespace postrider::bench::stress
