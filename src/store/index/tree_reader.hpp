// Finds values in the main tree of an LMDB file that may be written meanwhile, by us or by another process, and that
// anybody with the right may spoil. No lock is taken and no page is believed: a page that was used anew since the look
// at the file began leads to a wrong value or to none, and a value says itself whether it is the right one
// (record.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/pages.hpp"

namespace postrider::store::index {

/// One look at a file: the state it was in at the construction. One thread at a time. Values are views that the next
/// call ends. Keeps the pages of its last way from the root, so looks for one key behind the other cost little.
class TreeReader {
public:
    /// fd: outlives this.
    explicit TreeReader(int fd);

    std::optional<std::string_view> find(std::string_view key);
    /// Goes to the first entry whose key is not less. False: there is none.
    bool seek(std::string_view key);
    /// Goes to the next entry. False: there is none, or the keys do not rise any more.
    bool next();

    /// Of the entry where it stands.
    std::string_view key() const { return key_; }
    /// None: it cannot be read.
    std::optional<std::string_view> value();

    /// Values of more bytes are not read.
    static constexpr std::uint64_t most_value_bytes = 1024 * 1024;

private:
    /// A page of the way, with those that were read along with it.
    struct Level {
        std::uint64_t number = no_page;
        std::uint64_t first = 0;  ///< of the pages in bytes
        std::string bytes;
        std::size_t at = 0;  ///< the entry that the way goes through

        Page page() const;
    };

    /// The page, read unless it is the one that stands there; none: unreadable or no page of a tree.
    std::optional<Page> load(std::size_t level, std::uint64_t number);
    bool descend(std::string_view key);
    std::optional<Node> here(std::string_view key) const;
    bool settle();
    std::optional<std::string_view> value_of(const Node& node);

    PageFile file_;
    std::uint64_t root_ = no_page;
    std::vector<Level> levels_;  ///< from the root
    std::size_t leaf_ = 0;       ///< the level of the leaf
    bool is_on_leaf_ = false;
    std::string key_;
    std::string big_;
};

}  // namespace postrider::store::index
