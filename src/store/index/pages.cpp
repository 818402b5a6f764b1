#include "store/index/pages.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace postrider::store::index {

namespace {

constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t format = 1;
constexpr std::size_t node_header = 8;
constexpr std::uint16_t big_value = 0x01;

// Where a meta page has what, from the page's beginning. A map address and a map size stand before the trees.
constexpr std::size_t meta_trees = page_header + 24;
constexpr std::size_t tree_bytes = 48;
constexpr std::size_t meta_last_page = meta_trees + 2 * tree_bytes;
constexpr std::size_t meta_end = meta_last_page + 16;

/// Numbers in the file are the machine's own. The caller has looked that they lie in the bytes.
template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

Tree tree_at(std::string_view bytes, std::size_t at) {
    Tree tree;
    tree.page_size = number_at<std::uint32_t>(bytes, at);
    tree.flags = number_at<std::uint16_t>(bytes, at + 4);
    tree.depth = number_at<std::uint16_t>(bytes, at + 6);
    tree.branch_pages = number_at<std::uint64_t>(bytes, at + 8);
    tree.leaf_pages = number_at<std::uint64_t>(bytes, at + 16);
    tree.overflow_pages = number_at<std::uint64_t>(bytes, at + 24);
    tree.entries = number_at<std::uint64_t>(bytes, at + 32);
    tree.root = number_at<std::uint64_t>(bytes, at + 40);
    return tree;
}

}  // namespace

std::uint64_t Page::number() const {
    return number_at<std::uint64_t>(bytes_, 0);
}

std::uint16_t Page::flags() const {
    return number_at<std::uint16_t>(bytes_, 10);
}

std::size_t Page::upper() const {
    return number_at<std::uint16_t>(bytes_, 14);
}

std::uint32_t Page::run() const {
    return number_at<std::uint32_t>(bytes_, 12);
}

std::size_t Page::count() const {
    const std::size_t lower = number_at<std::uint16_t>(bytes_, 12);
    return lower < page_header || lower > upper() || upper() > bytes_.size() ? 0 : (lower - page_header) / 2;
}

std::optional<Node> Page::node(std::size_t index) const {
    Node node;
    node.begin = number_at<std::uint16_t>(bytes_, page_header + 2 * index);
    if (node.begin + node_header > bytes_.size()) {
        return std::nullopt;
    }
    const std::uint64_t low = number_at<std::uint32_t>(bytes_, node.begin);
    node.flags = number_at<std::uint16_t>(bytes_, node.begin + 4);
    const std::size_t key_size = number_at<std::uint16_t>(bytes_, node.begin + 6);
    const std::size_t key_end = node.begin + node_header + key_size;
    if (key_end > bytes_.size()) {
        return std::nullopt;
    }
    node.key = bytes_.substr(node.begin + node_header, key_size);
    node.end = key_end;
    if (is(PageKind::branch)) {
        node.child = low | std::uint64_t{node.flags} << 32;
    } else {
        node.size = low;
        node.is_big = (node.flags & big_value) != 0;
        const std::uint64_t inside = node.is_big ? sizeof node.overflow : node.size;
        if (inside > bytes_.size() - key_end) {
            return std::nullopt;
        }
        node.end += static_cast<std::size_t>(inside);
        if (node.is_big) {
            node.overflow = number_at<std::uint64_t>(bytes_, key_end);
        } else {
            node.value = bytes_.substr(key_end, static_cast<std::size_t>(inside));
        }
    }
    node.end += node.end % 2;  // entries begin at even places
    return node;
}

std::optional<Meta> Page::meta() const {
    if (!is(PageKind::meta) || number_at<std::uint32_t>(bytes_, page_header) != magic ||
        number_at<std::uint32_t>(bytes_, page_header + 4) != format) {
        return std::nullopt;
    }
    static_assert(meta_end <= 4096);
    Meta meta;
    meta.free = tree_at(bytes_, meta_trees);
    meta.main = tree_at(bytes_, meta_trees + tree_bytes);
    meta.last_page = number_at<std::uint64_t>(bytes_, meta_last_page);
    meta.transaction = number_at<std::uint64_t>(bytes_, meta_last_page + 8);
    return meta.free.page_size == bytes_.size() ? std::optional(meta) : std::nullopt;
}

std::size_t PageFile::page_size() {
    static const auto size =
        static_cast<std::size_t>(std::clamp(::sysconf(_SC_PAGESIZE), 4096L, 32768L));  // LMDB's choice and its most
    return size;
}

bool PageFile::read(std::uint64_t number, std::size_t pages, std::string& out) const {
    constexpr std::uint64_t most = std::numeric_limits<off_t>::max();
    out.resize(pages * page_size());
    if (number > most / page_size() - pages) {
        return false;
    }
    const auto offset = static_cast<off_t>(number * page_size());
    std::size_t got = 0;
    while (got < out.size()) {
        const ssize_t n = ::pread(fd_, out.data() + got, out.size() - got, offset + static_cast<off_t>(got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        got += static_cast<std::size_t>(n);
    }
    return true;
}

std::optional<Meta> PageFile::meta() const {
    std::string both;
    if (!read(0, 2, both)) {
        return std::nullopt;
    }
    const std::string_view bytes = both;
    const auto first = Page(bytes.substr(0, page_size())).meta();
    const auto second = Page(bytes.substr(page_size())).meta();
    if (!first || !second) {
        return std::nullopt;
    }
    return first->transaction < second->transaction ? second : first;
}

std::uint64_t PageFile::overflow_pages(std::uint64_t size) {
    return (page_header - 1 + size) / page_size() + 1;
}

}  // namespace postrider::store::index
