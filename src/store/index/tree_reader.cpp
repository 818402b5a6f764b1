#include "store/index/tree_reader.hpp"

namespace postrider::store::index {

namespace {

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

std::optional<Page> TreeReader::load(std::size_t level, std::uint64_t number) {
    Level& here = levels_[level];
    if (here.number != number) {
        here.number = file_.read(number, 1, here.bytes) ? number : no_page;
        if (here.number == no_page) {
            return std::nullopt;
        }
    }
    const Page page(here.bytes);
    return page.count() > 0 ? std::optional(page) : std::nullopt;
}

/// To the leaf in whose range the key lies, and in it to the first entry that is not less: perhaps behind its last.
bool TreeReader::descend(std::string_view key) {
    std::uint64_t number = root_;
    for (std::size_t level = 0; level < levels_.size() && number != no_page; ++level) {
        const auto page = load(level, number);
        if (!page) {
            return false;
        }
        if (page->is(PageKind::leaf)) {
            leaf_ = level;
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
    if (!descend(key)) {
        return std::nullopt;
    }
    const Level& leaf = levels_[leaf_];
    const Page page(leaf.bytes);
    const auto node = leaf.at < page.count() ? page.node(leaf.at) : std::nullopt;
    return node && node->key == key ? value_of(*node) : std::nullopt;
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
    while (levels_[level].at >= Page(levels_[level].bytes).count()) {
        if (level == 0) {
            return false;
        }
        --level;
        ++levels_[level].at;
    }
    for (;; ++level) {
        const auto node = Page(levels_[level].bytes).node(levels_[level].at);
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
    const auto node = Page(levels_[leaf_].bytes).node(levels_[leaf_].at);
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
