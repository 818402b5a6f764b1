#include "store/maildir/uid_list.hpp"

#include <limits>

#include "core/text.hpp"
#include "store/maildir/file_names.hpp"

namespace postrider::store::maildir {

namespace {

constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

/// Takes the text up to the separator, and the separator, off the front.
std::string_view take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

/// The header is read as widely as Courier reads it (blanks in a row, anything behind the third number): to refuse it
/// would be to renumber the folder.
std::string_view take_word(std::string_view& line) {
    line = trimmed(line);
    return take_until(line, ' ');
}

/// A base that a message can have: no hidden file, no path, not too long.
bool is_base(std::string_view base) {
    return !base.empty() && base.size() <= most_name_bytes && base.front() != '.' &&
           base.find('/') == std::string_view::npos && base.find('\0') == std::string_view::npos;
}

}  // namespace

Parsed<UidList> parse_uid_list(std::string_view text) {
    if (text.find('\n') == std::string_view::npos) {
        return SyntaxError{0, "cut before the end of its header"};
    }
    auto first = take_until(text, '\n');
    const auto version = take_word(first);
    const auto uid_validity = parse_decimal<std::uint32_t>(take_word(first));
    const auto uid_next = parse_decimal<std::uint32_t>(take_word(first));
    if (version != "1" || uid_validity.value_or(0) == 0 || uid_next.value_or(0) == 0) {
        return SyntaxError{0, "no header of a UID list"};
    }
    UidList list{.uid_validity = UidValidity(*uid_validity), .uid_next = Uid(*uid_next), .entries = {}};
    Uid last{0};
    while (!text.empty()) {
        auto line = take_until(text, '\n');
        const auto uid = parse_decimal<std::uint32_t>(take_until(line, ' '));
        if (!uid || *uid == most) {
            continue;
        }
        list.uid_next = std::max(list.uid_next, Uid(*uid).next());
        if (Uid(*uid) > last && is_base(line)) {
            last = Uid(*uid);
            list.entries.push_back({.uid = last, .base = line});
        }
    }
    return list;
}

std::string print_uid_list(const UidList& list) {
    std::string text = "1 " + std::to_string(list.uid_validity.value()) + ' ' + std::to_string(list.uid_next.value());
    text += '\n';
    for (const auto& entry : list.entries) {
        text += std::to_string(entry.uid.value());
        text += ' ';
        text += entry.base;
        text += '\n';
    }
    return text;
}

}  // namespace postrider::store::maildir
