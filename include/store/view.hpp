// What one client knows of its selected mailbox: a snapshot, and what is held back from it. RFC 3501
// section 5.2, 7.4.1.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "store/message.hpp"

namespace postrider::store {

/// Whether vanished messages may be announced now; else they keep their numbers (RFC 3501 section 7.4.1).
enum class Expunges : bool { hold_back, may_send };

/// What the client must be told when its view moves on, in the order in which it is told.
struct Changes {
    std::vector<SeqNum> expunged;  ///< each number already reduced by those before it
    bool counts = false;           ///< EXISTS and RECENT
    bool keywords = false;         ///< the set of keywords in use
    std::vector<SeqNum> flags;     ///< ascending, in the new view
    friend bool operator==(const Changes&, const Changes&) = default;
};

/// Immutable; any thread. Owners: the session, and pool work that answers one of its commands.
class View {
public:
    /// A message that is gone but still counted by the client.
    struct Held {
        SeqNum seq;
        Uid uid;
        std::shared_ptr<const Chunk> message;  ///< of one message
    };

    View(std::shared_ptr<const Snapshot> snapshot, std::vector<Held> held, std::vector<Uid> recent);

    std::size_t size() const { return snapshot_->size() + held_.size(); }
    std::size_t recent_count() const { return recent_.size(); }
    const Snapshot& snapshot() const { return *snapshot_; }

    /// seq: 1..size().
    const Message& at(SeqNum seq) const;
    std::optional<SeqNum> seq_of(Uid uid) const;
    bool is_recent(Uid uid) const;
    /// Gone, and held back.
    bool is_held(SeqNum seq) const;
    /// The greatest UID that the client can know; 0 for none.
    Uid last_uid() const;

    /// This view moved on to a newer snapshot. recent: UIDs that became this session's. Work follows the number of
    /// chunks that differ, not that of messages.
    struct Advanced {
        std::shared_ptr<const View> view;
        Changes changes;
    };
    Advanced advanced(std::shared_ptr<const Snapshot> newest, const std::vector<Uid>& recent, Expunges expunges) const;

private:
    std::shared_ptr<const Snapshot> snapshot_;  ///< owners: the folder while it is the newest, and every view on it
    std::vector<Held> held_;                    ///< ascending
    std::vector<Uid> recent_;                   ///< ascending, only of messages that the client still counts
};

}  // namespace postrider::store
