#include "store/index/file_check.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "store/index/pages.hpp"

namespace postrider::store::index {

namespace {

constexpr std::uint16_t integer_keys = 0x08;  // of the tree of free pages
constexpr std::uint16_t no_subdirectory = 0x4000;
constexpr std::uint16_t big_value = 0x01;
constexpr std::uint64_t most_transactions = std::uint64_t{1} << 62;
constexpr std::uint64_t stat_block_bytes = 512;

using Order = bool (*)(std::string_view, std::string_view);

bool bytewise(std::string_view a, std::string_view b) {
    return a < b;
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof number));
    return number;
}

bool by_number(std::string_view a, std::string_view b) {
    return number_in(a) < number_in(b);
}

struct Wrong {
    std::string what;
};

[[noreturn]] void fail(const std::string& what) {
    throw Wrong{what};
}

void demand(bool holds, const char* what, std::uint64_t page) {
    if (!holds) {
        fail(std::string(what) + " at page " + std::to_string(page));
    }
}

class Walk {
public:
    Walk(int fd, std::uint64_t most_bytes);

    void run();

private:
    /// What the walk counts of a tree, to be compared with what the file says of itself.
    struct Counts {
        std::uint64_t branches = 0;
        std::uint64_t leaves = 0;
        std::uint64_t overflows = 0;
        std::uint64_t entries = 0;
    };
    struct Range {
        const std::string* from = nullptr;  ///< keys are not less
        const std::string* to = nullptr;    ///< keys are less
    };

    bool is_free_tree() const { return tree_ == &meta_.free; }
    void walk(const Tree& tree);
    void walk_page(std::uint64_t number, std::size_t level, const Range& range);
    void walk_branch(const Page& page, const std::vector<Node>& nodes, std::size_t level, const Range& range);
    void walk_leaf(const Page& page, const std::vector<Node>& nodes, const Range& range);
    std::vector<Node> entries_of(const Page& page) const;
    void check_key(std::string_view key, const Range& range, std::uint64_t page) const;
    std::string value_of(const Node& node);
    void check_free_list(const std::string& value, std::uint64_t page);
    void use(std::uint64_t first, std::uint64_t pages);

    PageFile file_;
    Meta meta_;
    std::vector<bool> used_;
    const Tree* tree_ = nullptr;
    Order before_ = bytewise;
    Counts counts_;
};

Walk::Walk(int fd, std::uint64_t most_bytes) : file_(fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) {
        fail("no status");
    }
    const auto meta = file_.meta();
    if (!meta) {
        fail("no meta pages of this format and page size");
    }
    meta_ = *meta;
    // A page that was given away in the transaction that took it is never written: the file may end before the last.
    // A hole that makes a file long counts for nothing: the length is what we allocate by.
    const auto written = std::min(static_cast<std::uint64_t>(status.st_size),
                                  static_cast<std::uint64_t>(status.st_blocks) * stat_block_bytes);
    const auto pages = std::max(most_bytes, written) / PageFile::page_size();
    demand(meta_.last_page >= 1 && meta_.last_page < pages, "more pages than can be", meta_.last_page);
    demand(meta_.transaction < most_transactions, "a transaction that cannot be", 0);
    demand((meta_.free.flags | no_subdirectory) == (integer_keys | no_subdirectory), "another kind of free list", 0);
    demand(meta_.main.flags == 0, "another kind of database", 0);
    used_.resize(static_cast<std::size_t>(meta_.last_page + 1));
}

void Walk::run() {
    std::string page;
    for (const std::uint64_t number : {0, 1}) {
        demand(file_.read(number, 1, page) && Page(page).number() == number, "a wrong meta page", number);
    }
    use(0, 2);
    walk(meta_.main);
    walk(meta_.free);
}

void Walk::use(std::uint64_t first, std::uint64_t pages) {
    demand(first < used_.size() && pages <= used_.size() - first, "a page behind the end", first);
    for (std::uint64_t number = first; number < first + pages; ++number) {
        demand(!used_[static_cast<std::size_t>(number)], "a page used twice", number);
        used_[static_cast<std::size_t>(number)] = true;
    }
}

void Walk::walk(const Tree& tree) {
    tree_ = &tree;
    before_ = is_free_tree() ? by_number : bytewise;
    counts_ = {};
    demand(tree.depth <= deepest_tree && (tree.root == no_page) == (tree.depth == 0), "a wrong depth", tree.root);
    if (tree.root != no_page) {
        walk_page(tree.root, 1, {});
    }
    demand(counts_.branches == tree.branch_pages && counts_.leaves == tree.leaf_pages &&
               counts_.overflows == tree.overflow_pages && counts_.entries == tree.entries,
           "wrong counts", tree.root);
}

void Walk::walk_page(std::uint64_t number, std::size_t level, const Range& range) {
    use(number, 1);
    std::string bytes;
    demand(file_.read(number, 1, bytes), "an unreadable page", number);
    const Page page(bytes);
    demand(page.number() == number, "another page's number", number);
    const auto nodes = entries_of(page);
    if (level < tree_->depth) {
        demand(page.is(PageKind::branch), "no branch", number);
        walk_branch(page, nodes, level, range);
    } else {
        demand(page.is(PageKind::leaf), "no leaf", number);
        walk_leaf(page, nodes, range);
    }
}

/// They fill the page from `upper` to its end, each byte once: LMDB moves them together by these numbers.
std::vector<Node> Walk::entries_of(const Page& page) const {
    const std::size_t count = page.count();
    demand(count > 0, "a page without entries", page.number());
    std::vector<Node> nodes;
    nodes.reserve(count);
    std::vector<std::pair<std::size_t, std::size_t>> places;
    places.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto node = page.node(i);
        demand(node && node->begin % 2 == 0, "an entry outside its page", page.number());
        nodes.push_back(*node);
        places.emplace_back(node->begin, node->end);
    }
    std::ranges::sort(places);
    std::size_t end = page.upper();
    for (const auto& [begin, behind] : places) {
        demand(begin == end, "entries that overlap", page.number());
        end = behind;
    }
    demand(end == PageFile::page_size(), "entries that do not fill their page", page.number());
    return nodes;
}

void Walk::check_key(std::string_view key, const Range& range, std::uint64_t page) const {
    demand(!key.empty() && key.size() <= longest_key, "a key of a wrong size", page);
    demand(!is_free_tree() || key.size() == sizeof(std::uint64_t), "a key of a wrong size", page);
    demand((range.from == nullptr || !before_(key, *range.from)) && (range.to == nullptr || before_(key, *range.to)),
           "keys that do not rise", page);
}

void Walk::walk_branch(const Page& page, const std::vector<Node>& nodes, std::size_t level, const Range& range) {
    ++counts_.branches;
    demand(nodes.size() > 1 || is_free_tree(), "a branch with one way", page.number());
    demand(nodes.front().key.size() <= longest_key, "a key of a wrong size", page.number());
    std::vector<std::string> keys{std::string()};  // the first entry's key is not used
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        check_key(nodes[i].key, {i > 1 ? &keys.back() : range.from, range.to}, page.number());
        demand(i == 1 || before_(keys.back(), nodes[i].key), "keys that do not rise", page.number());
        keys.emplace_back(nodes[i].key);
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        walk_page(nodes[i].child, level + 1,
                  {i > 0 ? &keys[i] : range.from, i + 1 < nodes.size() ? &keys[i + 1] : range.to});
    }
}

void Walk::walk_leaf(const Page& page, const std::vector<Node>& nodes, const Range& range) {
    ++counts_.leaves;
    counts_.entries += nodes.size();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const Node& node = nodes[i];
        demand((node.flags & ~big_value) == 0, "an entry of another kind", page.number());
        check_key(node.key, range, page.number());
        demand(i == 0 || before_(nodes[i - 1].key, node.key), "keys that do not rise", page.number());
        if (node.is_big) {
            const std::uint64_t pages = PageFile::overflow_pages(node.size);
            use(node.overflow, pages);
            counts_.overflows += pages;
            std::string first;
            demand(file_.read(node.overflow, 1, first), "an unreadable page", node.overflow);
            const Page run(first);
            demand(run.is(PageKind::overflow) && run.number() == node.overflow && run.run() == pages, "no run of pages",
                   node.overflow);
        }
        if (is_free_tree()) {
            demand(number_in(node.key) <= meta_.transaction, "a free list of the future", page.number());
            check_free_list(value_of(node), page.number());
        }
    }
}

std::string Walk::value_of(const Node& node) {
    if (!node.is_big) {
        return std::string(node.value);
    }
    std::string bytes;
    demand(file_.read(node.overflow, static_cast<std::size_t>(PageFile::overflow_pages(node.size)), bytes),
           "an unreadable page", node.overflow);
    return bytes.substr(page_header, static_cast<std::size_t>(node.size));
}

/// A count, as many page numbers, falling, and perhaps room behind them. Free pages are used by nobody else.
void Walk::check_free_list(const std::string& value, std::uint64_t page) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    demand(value.size() >= word && value.size() % word == 0, "a free list of a wrong size", page);
    const std::string_view words = value;
    demand(number_in(words) <= words.size() / word - 1, "a free list of a wrong size", page);
    std::uint64_t last = no_page;
    for (std::size_t i = 1; i <= number_in(words); ++i) {
        const std::uint64_t number = number_in(words.substr(i * word, word));
        demand(number < last, "a free list that does not fall", page);
        use(number, 1);
        last = number;
    }
}

}  // namespace

Result<void> check_file(int fd, std::uint64_t most_bytes) {
    try {
        Walk(fd, most_bytes).run();
    } catch (const Wrong& wrong) {
        return Error(Code::invalid_data, wrong.what);
    }
    return {};
}

}  // namespace postrider::store::index
