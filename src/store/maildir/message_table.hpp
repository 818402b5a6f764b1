// The messages of a folder that have UIDs, by base name: what a scan compares cur/ with. Memory only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "store/maildir/uid_list.hpp"

namespace postrider::store::maildir {

/// A message's UID and what stands behind its base in the name of its file.
struct KnownMessage {
    Uid uid;
    std::string suffix;      ///< ":2,FS"
    std::uint64_t seen = 0;  ///< the last look at cur/ that met it; 0: none yet
};

class MessageTable {
public:
    using Entry = std::pair<const std::string, KnownMessage>;

    MessageTable() = default;
    MessageTable(MessageTable&&) = default;
    MessageTable& operator=(MessageTable&&) = default;

    void assign(const UidList& list);
    UidList list() const;

    UidValidity uid_validity() const { return uid_validity_; }
    Uid uid_next() const { return uid_next_; }
    /// Calls visit for each entry, ascending UIDs. Entries that no look met yet have no name.
    template <class Visit>
    void each(Visit visit) const {
        for (const Place& place : order_) {
            if (place.entry != nullptr) {
                visit(*place.entry);
            }
        }
    }
    std::size_t size() const { return by_base_.size(); }

    KnownMessage* find(std::string_view base);
    const KnownMessage* find(std::string_view base) const;

    /// A look at cur/: begin, met() for each name, then drop_missing().
    void begin_look();
    void met(KnownMessage& message, std::string_view suffix);
    bool was_met(const KnownMessage& message) const { return message.seen == look_; }
    bool any_missing() const { return met_ < size(); }
    /// Forgets what this look did not meet. Gives whether there was any.
    bool drop_missing();

    /// A message that was removed: what comes back under its base later is another one. Its cost does not depend on
    /// the number of messages.
    void forget(std::string_view base);

    /// Entries that another process added to the list: behind all that are known; their names are still to be met.
    void grow(const UidList& added);

    /// How many more UIDs there are.
    std::size_t uids_left() const;
    /// The next UID for a message that is in cur/ under this name.
    Uid add(const std::string& name);
    /// The last `count` that add() gave.
    std::vector<UidEntry> last(std::size_t count) const;
    /// Takes back the last `count` that add() gave.
    void take_back(std::size_t count);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    void insert(const UidEntry& entry);

    UidValidity uid_validity_;
    Uid uid_next_{1};
    std::unordered_map<std::string, KnownMessage, Hash, std::equal_to<>> by_base_;
    struct Place {
        Uid uid;
        const Entry* entry;  ///< null: forgotten
    };
    std::vector<Place> order_;  ///< ascending UIDs
    std::uint64_t look_ = 1;
    std::size_t met_ = 0;
};

}  // namespace postrider::store::maildir
