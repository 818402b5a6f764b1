#include "imap/fetch/wire_text.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace postrider::imap {

void WireText::put(std::string_view octets, std::string& out) {
    if (skip_ > 0) {
        const auto cut = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, octets.size()));
        octets.remove_prefix(cut);
        skip_ -= cut;
    }
    octets = octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size())));
    left_ -= octets.size();
    out += octets;
}

void WireText::add(std::string_view disk_text, std::string& out) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(disk_text, '\n'));
    if (skip_ == 0 && left_ >= disk_text.size() + lines) {
        add_whole(disk_text, lines, out);
        return;
    }
    while (!disk_text.empty() && left_ > 0) {
        const auto end = disk_text.find('\n');
        if (end == std::string_view::npos) {
            after_cr_ = disk_text.ends_with('\r');
            put(disk_text, out);
            return;
        }
        const bool has_cr = end > 0 ? disk_text[end - 1] == '\r' : after_cr_;
        put(disk_text.substr(0, end), out);
        put(has_cr ? "\n" : "\r\n", out);
        after_cr_ = false;
        disk_text.remove_prefix(end + 1);
    }
}

/// As add() where nothing is cut out: most of what is ever sent goes this way.
void WireText::add_whole(std::string_view disk_text, std::size_t lines, std::string& out) {
    const auto before = out.size();
    out.resize(before + disk_text.size() + lines);
    const char* from = disk_text.data();
    const char* const end = from + disk_text.size();
    char* to = out.data() + before;
    for (; lines > 0; --lines) {
        const auto* line_end = static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
        const bool has_cr = line_end > from ? line_end[-1] == '\r' : after_cr_;
        to = std::copy(from, line_end, to);
        if (!has_cr) {
            *to++ = '\r';
        }
        *to++ = '\n';
        from = line_end + 1;
        after_cr_ = false;
    }
    if (from != end) {
        to = std::copy(from, end, to);
        after_cr_ = end[-1] == '\r';
    }
    left_ -= static_cast<std::uint64_t>(to - out.data()) - before;
    out.resize(static_cast<std::size_t>(to - out.data()));
}

std::string to_wire(std::string_view disk_text) {
    std::string out;
    out.reserve(disk_text.size() + disk_text.size() / 32);
    WireText(0, std::numeric_limits<std::uint64_t>::max()).add(disk_text, out);
    return out;
}

}  // namespace postrider::imap
