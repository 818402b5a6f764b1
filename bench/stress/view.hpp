// What one session was told of its selected mailbox: the messages behind its sequence numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "stress/flag_history.hpp"

namespace postrider::bench::stress {

/// A sequence number's message as far as it was told.
struct Slot {
    std::optional<Uid> uid;
    std::optional<Flags> told;  ///< the flags that the client has to believe
    Seen seen{};                ///< of its flags
    std::uint64_t mod_seq = 0;
};

class View {
public:
    /// A mailbox is being selected. selection: when; names it.
    View(std::size_t folder, bool read_only, Stamp selection)
        : folder_(folder), read_only_(read_only), selection_(selection), up_to_date_{selection, selection} {}

    std::size_t folder() const { return folder_; }
    bool read_only() const { return read_only_; }
    Stamp selection() const { return selection_; }
    /// The last command that brought everything up to date: nothing told is older than its start.
    Interval up_to_date() const { return up_to_date_; }
    void brought_up_to_date(Interval command) { up_to_date_ = command; }

    /// EXISTS. Throws where the number falls.
    void exists(std::uint32_t count);
    /// EXPUNGE. Gives what was there.
    Slot expunge(std::uint32_t number);
    /// Throws where there is no such number.
    Slot& slot(std::uint32_t number);
    /// The number names this message. True when that is news.
    bool learn(std::uint32_t number, Uid uid);

    const std::vector<Slot>& slots() const { return slots_; }
    std::vector<Slot>& slots() { return slots_; }
    /// None: not told of such a message.
    Slot* find(Uid uid);
    /// Ascending.
    std::vector<Uid> uids() const;
    std::size_t unknown() const;

private:
    std::size_t folder_;
    bool read_only_;
    Stamp selection_;
    Interval up_to_date_;
    std::vector<Slot> slots_;
};

}  // namespace postrider::bench::stress
