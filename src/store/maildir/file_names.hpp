// Names of message files, found by their bases. Compact, for folders of a million messages: a name costs its text and
// some 30 bytes. Memory only; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace postrider::store::maildir {

/// What a file system takes for a name; a base of more bytes is no file's.
inline constexpr std::size_t most_name_bytes = 255;

class FileNames {
public:
    /// Counts up from 0; the id of a removed name is not given again, until take_out_removed().
    using Id = std::uint32_t;

    /// base: not there yet, at most most_name_bytes, as is suffix (":2,FS", or nothing yet).
    Id add(std::string_view base, std::string_view suffix);
    std::optional<Id> find(std::string_view base) const;

    /// Views into this, until it changes.
    std::string_view name(Id id) const;
    std::string_view base(Id id) const { return name(id).substr(0, names_[id].base_size); }
    std::string_view suffix(Id id) const { return name(id).substr(names_[id].base_size); }
    void set_suffix(Id id, std::string_view suffix);

    void remove(Id id);
    bool is_removed(Id id) const { return names_[id].is_removed; }
    /// Takes back the newest id, removed or not.
    void take_back();
    /// Gives ids anew, from 0 and in the same order, to what is there.
    void take_out_removed();

    /// How many are there.
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    /// All ids are below.
    Id ids() const { return static_cast<Id>(names_.size()); }
    void reserve(std::size_t count);

private:
    struct Name {
        std::uint32_t at;  ///< in the text
        std::uint8_t base_size;
        std::uint8_t suffix_size;
        std::uint8_t room;  ///< for a suffix
        bool is_removed;
    };
    /// Open addressing, linear; a power of two of slots.
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t place = 0;  ///< no_name, removed_name, or 2 more than the id
    };

    std::uint32_t store(std::string_view base, std::string_view suffix, std::size_t room);
    const char* text(std::uint32_t at) const;
    std::size_t slot_of(Id id) const;
    void fill_slots(std::size_t count);

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t block_size_ = 0;  ///< of the last
    std::size_t block_used_ = 0;
    std::vector<Name> names_;
    std::vector<Slot> slots_;
    std::size_t used_slots_ = 0;  ///< also by removed names
    std::size_t size_ = 0;
};

}  // namespace postrider::store::maildir
