#include "store/index/tree_reader.hpp"

namespace postrider::store::index {

namespace {

/// Batches leave their pages mostly in order: who reads them in order reads some at a time.
constexpr std::size_t pages_ahead = 4;

/// The first entry from `first` on whose key is greater (or not less, with or_equal). Entries that do not lie in the
/// page count as greater: the look ends there.
std::size_t bound(const Page& page, std::size_t first, std::string_view key, bool or_equal) {
    std::size_t low = first;
    std::size_t high = page.count();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const auto node = page.node(middle);
        const int order = node ? node->key.compare(key) : 1;
        if (order > 0 || (or_equal && order == 0)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

}  // namespace

TreeReader::TreeReader(int fd) : file_(fd), levels_(deepest_tree) {
    if (const auto meta = file_.meta()) {
        root_ = meta->main.root;
    }
}

Page TreeReader::Level::page() const {
    const auto offset = static_cast<std::size_t>(number - first) * PageFile::page_size();
    return Page(std::string_view(bytes).substr(offset, PageFile::page_size()));
}

std::optional<Page> TreeReader::load(std::size_t level, std::uint64_t number) {
    Level& here = levels_[level];
    const std::uint64_t there = here.number == no_page ? 0 : here.bytes.size() / PageFile::page_size();
    if (number < here.first || number - here.first >= there) {
        const std::size_t ahead = there > 0 && number == here.first + there ? pages_ahead : 1;
        const bool is_read = file_.read(number, ahead, here.bytes) || file_.read(number, 1, here.bytes);
        here.first = number;
        if (!is_read) {
            here.number = no_page;
            is_on_leaf_ = false;
            return std::nullopt;
        }
    }
    here.number = number;
    const Page page = here.page();
    return page.count() > 0 ? std::optional(page) : std::nullopt;
}

/// To the leaf in whose range the key lies, and in it to the first entry that is not less: perhaps behind its last.
bool TreeReader::descend(std::string_view key) {
    is_on_leaf_ = false;
    std::uint64_t number = root_;
    for (std::size_t level = 0; level < levels_.size() && number != no_page; ++level) {
        const auto page = load(level, number);
        if (!page) {
            return false;
        }
        if (page->is(PageKind::leaf)) {
            leaf_ = level;
            is_on_leaf_ = true;
            levels_[level].at = bound(*page, 0, key, true);
            return true;
        }
        if (!page->is(PageKind::branch)) {
            return false;
        }
        // The key of a branch's first entry stands for everything that is less.
        levels_[level].at = bound(*page, 1, key, false) - 1;
        const auto node = page->node(levels_[level].at);
        number = node ? node->child : no_page;
    }
    return false;
}

std::optional<std::string_view> TreeReader::find(std::string_view key) {
    auto node = here(key);
    if (!node && is_on_leaf_) {
        ++levels_[leaf_].at;  // mostly the next one is asked for
        node = here(key);
    }
    if (!node && descend(key)) {
        node = here(key);
    }
    return node ? value_of(*node) : std::nullopt;
}

/// The entry where it stands, if it has that key.
std::optional<Node> TreeReader::here(std::string_view key) const {
    if (!is_on_leaf_) {
        return std::nullopt;
    }
    const Level& leaf = levels_[leaf_];
    const Page page = leaf.page();
    const auto node = leaf.at < page.count() ? page.node(leaf.at) : std::nullopt;
    return node && node->key == key ? node : std::nullopt;
}

bool TreeReader::seek(std::string_view key) {
    key_.clear();
    return descend(key) && settle();
}

bool TreeReader::next() {
    ++levels_[leaf_].at;
    const std::string before = key_;
    return settle() && key_ > before;  // rising keys: so a tree that leads back into itself ends too
}

/// From behind a leaf's last entry to the next leaf's first; then notes the key.
bool TreeReader::settle() {
    std::size_t level = leaf_;
    while (levels_[level].at >= levels_[level].page().count()) {
        if (level == 0) {
            return false;
        }
        --level;
        ++levels_[level].at;
    }
    for (;; ++level) {
        const auto node = levels_[level].page().node(levels_[level].at);
        if (!node) {
            return false;
        }
        if (level == leaf_) {
            key_ = node->key;
            return true;
        }
        const auto page = load(level + 1, node->child);
        if (!page || !page->is(level + 1 == leaf_ ? PageKind::leaf : PageKind::branch)) {
            return false;
        }
        levels_[level + 1].at = 0;
    }
}

std::optional<std::string_view> TreeReader::value() {
    const auto node = levels_[leaf_].page().node(levels_[leaf_].at);
    return node ? value_of(*node) : std::nullopt;
}

std::optional<std::string_view> TreeReader::value_of(const Node& node) {
    if (!node.is_big) {
        return node.value;
    }
    if (node.size > most_value_bytes ||
        !file_.read(node.overflow, static_cast<std::size_t>(PageFile::overflow_pages(node.size)), big_) ||
        !Page(big_).is(PageKind::overflow)) {
        return std::nullopt;
    }
    return std::string_view(big_).substr(page_header, static_cast<std::size_t>(node.size));
}

}  // namespace postrider::store::index
