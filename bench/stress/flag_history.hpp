// What the flags of one message can be at a time, when the changes overlap: each flag is a register with concurrent
// writes. A read may give what any write gave that began before the read's end, unless another one certainly lies
// between.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "stress/flags.hpp"
#include "stress/moments.hpp"

namespace postrider::bench::stress {

/// The values that each flag may have; a flag may be in both sets.
struct PossibleFlags {
    Flags set;
    Flags clear;

    /// Those of mask that cannot be as told.
    Flags impossible(const Flags& told, const Flags& mask) const { return mask & ((told & ~set) | (~told & ~clear)); }
    /// Whether the flag is set in every order of the operations.
    bool is_certain(std::size_t index) const { return set.test(index) && !clear.test(index); }
};

/// For each flag the beginning of a write that the reader has seen the effect of, or made itself: what had ended before
/// it is nothing that this reader can still see.
using Seen = std::array<Stamp, flag_count>;

/// What a session reads is the state at some moment between these two.
struct Read {
    Interval time;
    Seen seen = {};
};

class FlagHistory {
public:
    /// The flags of a message that somebody else stored: unknown at first.
    FlagHistory();
    /// How the message was born, as soon as that is known. unknown: flags that birth may or may not have given.
    /// Gives the flags that were seen otherwise.
    Flags born(Interval birth, const Flags& values, const Flags& unknown);

    /// A change is under way that began at `start`, which names it. touched: the flags that it gives their values.
    void begin(Stamp start, const Flags& touched, const Flags& values, const Flags& unknown = {});
    /// It has ended for certain.
    void end(Stamp start, Stamp now);
    /// It has ended, or never was: nobody knows.
    void give_up(Stamp start, Stamp now);
    /// What the change can have given is known better now. Gives the flags that were seen otherwise.
    Flags narrow(Stamp start, const PossibleFlags& given);

    PossibleFlags possible(const Read& read) const;
    /// A read gave these values, which are possible: what alone can have given them had happened by the read's end.
    /// Gives what the reader has seen now.
    Seen observe(const Flags& told, const Read& read);
    /// Drops what no read that begins after `oldest` can give.
    void forget(Stamp oldest);

private:
    struct Write {
        Interval time;
        bool certain = false;       ///< that it had its effect by time.end
        std::optional<bool> value;  ///< none: unknown
    };
    using Register = std::vector<Write>;

    static bool is_past(const Register& writes, const Write& write, Stamp start);
    static bool can_give(const Register& writes, const Write& write, const Read& read, std::size_t index);
    static void settle(Register& writes, bool value, Interval read);
    template <class Change>
    void change(Stamp start, Change change);

    std::array<Register, flag_count> registers_;
};

}  // namespace postrider::bench::stress
