// One message of the model: what every session together has made of it, with all that is open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stress/content.hpp"
#include "stress/flag_history.hpp"
#include "stress/moments.hpp"

namespace postrider::bench::stress {

/// An EXPUNGE or CLOSE that may have removed the message, named by its start; or has for certain.
struct Removal {
    Interval time;
    bool certain = false;
};

struct Message {
    Uid uid;
    Interval born{Stamp{0}};           ///< never before start; there since end
    bool is_bound = false;             ///< whether it is known who stored it
    std::optional<ContentId> content;  ///< once somebody read it, or its UID was told by whoever stored it
    FlagHistory flags;
    std::vector<Removal> removals;
    std::map<std::string, std::string> fixed;  ///< items that never change, as they were told first
    std::optional<Stamp> recent_in;            ///< the selection that was told \Recent

    /// Whether some order of the operations has the message there within the interval.
    bool may_exist(Interval read) const;
    /// Whether every order has it there all the time.
    bool must_exist(Interval read) const;
    /// Whether a removal that may have hit it began before this.
    bool may_be_gone(Stamp now) const;
    bool is_gone_before(Stamp moment) const;
    /// Somebody who is up to date as of `from` still has it. False: it was gone for certain before.
    bool observe_alive(Stamp from);
    /// Somebody was told that it is gone. False: nobody can have removed it.
    bool observe_gone(Stamp now);
};

}  // namespace postrider::bench::stress
