// What must hold for the tree of any message; used by the unit tests and by the fuzz entry.
#pragma once

#include <string>
#include <string_view>

#include "core/limits.hpp"
#include "mime/structure.hpp"

namespace postrider::mime {

/// The LFs of a stretch, and those of them without a CR before them in the message.
struct LineCount {
    std::uint64_t lines = 0;
    std::uint64_t bare_lf = 0;
};

inline LineCount lines_in(std::string_view message, const Extent& extent) {
    LineCount count;
    for (std::uint64_t at = extent.begin; at < extent.end; ++at) {
        if (message[at] == '\n') {
            ++count.lines;
            count.bare_lf += at > 0 && message[at - 1] == '\r' ? 0 : 1;
        }
    }
    return count;
}

inline bool is_counted(std::string_view message, const Extent& extent, std::uint64_t lines) {
    if (extent.begin > extent.end || extent.end > message.size()) {
        return false;
    }
    const LineCount count = lines_in(message, extent);
    return count.bare_lf == extent.bare_lf && count.lines == lines;
}

/// The first rule that a part or one below it breaks; empty when all is well.
inline std::string tree_fault(const Part& part, std::string_view message, std::size_t depth = 1) {
    if (!is_counted(message, part.header, part.header_lines) || !is_counted(message, part.body, part.body_lines)) {
        return "line counts or extents are wrong";
    }
    if (part.header.end != part.body.begin) {
        return "body does not follow header";
    }
    if (depth == 1 && (part.header.begin != 0 || part.body.end != message.size())) {
        return "the message is not covered";
    }
    if (depth > limits::mime_depth) {
        return "too deep";
    }
    if (part.is_message() && (part.children.size() != 1 || !(part.children[0].whole() == part.body))) {
        return "the message inside is not the body";
    }
    std::uint64_t at = part.body.begin;
    for (const Part& child : part.children) {
        if (child.header.begin < at || child.body.end > part.body.end) {
            return "a child is out of its place";
        }
        at = child.body.end;
        if (std::string fault = tree_fault(child, message, depth + 1); !fault.empty()) {
            return fault;
        }
    }
    return {};
}

inline bool is_same(const Part& a, const Part& b) {
    if (!(a.header == b.header && a.body == b.body && a.body_lines == b.body_lines &&
          a.header_lines == b.header_lines && a.content_type == b.content_type && a.encoding == b.encoding &&
          a.encoding_name == b.encoding_name && a.id == b.id && a.description == b.description && a.md5 == b.md5 &&
          a.disposition == b.disposition && a.languages == b.languages && a.location == b.location &&
          (a.envelope == nullptr) == (b.envelope == nullptr) && a.children.size() == b.children.size())) {
        return false;
    }
    if (a.envelope && !(*a.envelope == *b.envelope)) {
        return false;
    }
    for (std::size_t i = 0; i < a.children.size(); ++i) {
        if (!is_same(a.children[i], b.children[i])) {
            return false;
        }
    }
    return true;
}

/// Empty when the message gives the same tree in pieces of `step` bytes.
inline std::string difference_in_pieces(const Part& whole, std::string_view message, std::size_t step) {
    Scanner scanner;
    for (std::size_t at = 0; at < message.size(); at += step) {
        scanner.feed(message.substr(at, step));
    }
    return is_same(whole, scanner.finish()) ? "" : "the tree depends on the pieces";
}

}  // namespace postrider::mime
