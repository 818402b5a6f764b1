// The messages of a folder that have UIDs, by base name: what a scan compares cur/ with. Memory only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "store/maildir/file_names.hpp"
#include "store/maildir/uid_list.hpp"

namespace postrider::store::maildir {

/// A message of the table as it is now. Views into the table, until it changes.
struct KnownMessage {
    FileNames::Id id;
    Uid uid;
    std::string_view base;
    std::string_view suffix;  ///< what stands behind its base in the name of its file: ":2,FS"
    bool is_named;            ///< a look at cur/ met it once
    bool was_met;             ///< the last one did
};

class MessageTable {
public:
    /// Doubles are left out.
    void assign(const UidList& list);
    /// Views into the table.
    UidList list() const;

    UidValidity uid_validity() const { return uid_validity_; }
    Uid uid_next() const { return uid_next_; }
    /// Calls visit(uid, name, was_met) for each message, ascending UIDs. Those that no look met yet have no suffix.
    template <class Visit>
    void each(Visit visit) const {
        for (FileNames::Id id = 0; id < names_.ids(); ++id) {
            if (!names_.is_removed(id)) {
                visit(numbers_[id].uid, names_.name(id), numbers_[id].seen == look_);
            }
        }
    }
    std::size_t size() const { return names_.size(); }

    std::optional<KnownMessage> find(std::string_view base) const;
    bool contains(std::string_view base) const { return names_.find(base).has_value(); }

    /// A look at cur/: begin, met() for each name, then drop_missing().
    void begin_look();
    void met(const KnownMessage& message, std::string_view suffix);
    bool any_missing() const { return met_ < size(); }
    /// Forgets what this look did not meet. Gives whether there was any.
    bool drop_missing();

    /// The name changed, by us.
    void set_suffix(const KnownMessage& message, std::string_view suffix) { names_.set_suffix(message.id, suffix); }

    /// A message that was removed: what comes back under its base later is another one. Its cost does not depend on
    /// the number of messages.
    void forget(std::string_view base);

    /// Entries that another process added to the list: behind all that are known; their names are still to be met.
    /// Gives how many there were; doubles are left out.
    std::size_t grow(const UidList& added);

    /// Room for so many more.
    void reserve(std::size_t count);
    /// How many more UIDs there are.
    std::size_t uids_left() const;
    /// The next UID for a message that is in cur/ under this name, and was not known.
    Uid add(std::string_view name);
    /// The last `count` that add() gave. Views into the table.
    std::vector<UidEntry> last(std::size_t count) const;
    /// Takes back the last `count` that add() gave.
    void take_back(std::size_t count);

private:
    struct Numbers {
        Uid uid;
        std::uint32_t seen;  ///< the last look at cur/ that met it; 0: none yet
    };

    bool insert(const UidEntry& entry);
    void remove(FileNames::Id id);
    void sweep();

    UidValidity uid_validity_;
    Uid uid_next_{1};
    FileNames names_;               ///< ascending UIDs
    std::vector<Numbers> numbers_;  ///< by the ids of names_
    std::uint32_t look_ = 1;
    std::size_t met_ = 0;
};

}  // namespace postrider::store::maildir
