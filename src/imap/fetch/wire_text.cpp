#include "imap/fetch/wire_text.hpp"

#include <algorithm>
#include <limits>

namespace postrider::imap {

namespace {

constexpr std::string_view line_end = "\r\n";

}  // namespace

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
    while (!disk_text.empty() && left_ > 0) {
        const auto end = disk_text.find('\n');
        if (end == std::string_view::npos) {
            after_cr_ = disk_text.ends_with('\r');
            put(disk_text, out);
            return;
        }
        const bool has_cr = end > 0 ? disk_text[end - 1] == '\r' : after_cr_;
        if (has_cr) {
            put(disk_text.substr(0, end + 1), out);
        } else {
            put(disk_text.substr(0, end), out);
            put(line_end, out);
        }
        after_cr_ = false;
        disk_text.remove_prefix(end + 1);
    }
}

std::string to_wire(std::string_view disk_text) {
    std::string out;
    out.reserve(disk_text.size() + disk_text.size() / 32);
    WireText(0, std::numeric_limits<std::uint64_t>::max()).add(disk_text, out);
    return out;
}

}  // namespace postrider::imap
