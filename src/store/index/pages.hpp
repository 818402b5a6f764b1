// The pages of an LMDB file, version 1 of its format, read as bytes. LMDB itself believes what it finds in a page; here
// nothing is believed: whatever the file holds, and whoever changes it meanwhile, a look at it ends in a value or in
// none. docs/index.md, "The file".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::store::index {

/// What a page is for. A page has exactly one of them.
enum class PageKind : std::uint16_t { branch = 0x01, leaf = 0x02, overflow = 0x04, meta = 0x08 };

inline constexpr std::uint64_t no_page = ~std::uint64_t{0};
inline constexpr std::size_t page_header = 16;
inline constexpr std::size_t deepest_tree = 12;
inline constexpr std::size_t longest_key = 511;

/// A B+tree as its meta page describes it.
struct Tree {
    std::uint32_t page_size = 0;  ///< of the file; told in the tree of free pages only
    std::uint16_t flags = 0;
    std::uint16_t depth = 0;
    std::uint64_t branch_pages = 0;
    std::uint64_t leaf_pages = 0;
    std::uint64_t overflow_pages = 0;
    std::uint64_t entries = 0;
    std::uint64_t root = no_page;
};

/// One state of the whole file.
struct Meta {
    Tree free;  ///< pages that no tree uses any more, by the transaction that left them
    Tree main;
    std::uint64_t last_page = 0;
    std::uint64_t transaction = 0;
};

/// An entry of a branch or a leaf. Views into its page.
struct Node {
    std::string_view key;
    std::uint64_t child = 0;     ///< of a branch
    std::uint64_t size = 0;      ///< of a leaf's value
    bool is_big = false;         ///< the value stands in pages of its own
    std::uint64_t overflow = 0;  ///< the first of them
    std::string_view value;      ///< if not
    std::uint16_t flags = 0;     ///< of a leaf
    std::size_t begin = 0;       ///< where it lies in its page
    std::size_t end = 0;
};

/// A page's bytes, which it does not own.
class Page {
public:
    explicit Page(std::string_view bytes) : bytes_(bytes) {}

    std::uint64_t number() const;
    std::uint16_t flags() const;
    bool is(PageKind kind) const { return flags() == static_cast<std::uint16_t>(kind); }
    /// Of a branch or a leaf: the number of entries; 0 where the page contradicts itself.
    std::size_t count() const;
    /// Where the entries begin that the page's numbers speak of.
    std::size_t upper() const;
    /// None: it does not lie in the page.
    std::optional<Node> node(std::size_t index) const;
    /// Of an overflow run's first page: how many there are.
    std::uint32_t run() const;
    /// None: it is no meta page of this format.
    std::optional<Meta> meta() const;

private:
    std::string_view bytes_;
};

/// The pages of an open file. Reads, never maps: a file that somebody cuts off gives short reads, and no signal.
class PageFile {
public:
    /// fd: outlives this.
    explicit PageFile(int fd) : fd_(fd) {}

    /// The page size of files made on this machine.
    static std::size_t page_size();
    /// False: there are not so many pages.
    bool read(std::uint64_t number, std::size_t pages, std::string& out) const;
    /// The newer one of the two at the file's beginning; none where that cannot be told.
    std::optional<Meta> meta() const;
    /// How many pages a value of that size takes.
    static std::uint64_t overflow_pages(std::uint64_t size);

private:
    int fd_;
};

}  // namespace postrider::store::index
