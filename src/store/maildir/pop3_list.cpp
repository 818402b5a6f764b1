#include "store/maildir/pop3_list.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/text.hpp"
#include "store/maildir/cur_lookup.hpp"
#include "store/maildir/filename.hpp"

namespace postrider::store::maildir {

namespace {

constexpr std::uint64_t version_without_utf8 = 2;
constexpr std::uint64_t present_version = 3;

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// Takes the number behind the last separator, and the separator, off the end.
std::optional<std::uint64_t> take_last(std::string_view& line, char separator) {
    const auto at = line.rfind(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = parse_decimal<std::uint64_t>(line.substr(at + 1));
    line.remove_suffix(line.size() - at);
    return number;
}

struct Header {
    std::uint64_t version = 0;
    std::uint64_t next = 0;
    std::uint64_t uid_validity = 0;
};

std::string_view take_word(std::string_view& line) {
    line = trimmed(line);
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

std::optional<Header> parse_header(std::string_view line, std::uint64_t now) {
    if (!line.starts_with('/')) {
        return std::nullopt;
    }
    line.remove_prefix(1);
    const auto version = parse_decimal<std::uint64_t>(take_word(line));
    const auto next = parse_decimal<std::uint64_t>(take_word(line));
    if (!version || !next) {
        return std::nullopt;
    }
    return Header{*version, *next, parse_decimal<std::uint64_t>(take_word(line)).value_or(now)};
}

std::optional<Pop3Entry> parse_entry(std::string_view line, std::uint64_t version) {
    Pop3Entry entry;
    if (version == present_version) {
        const auto utf8 = take_last(line, ':');
        if (!utf8) {
            return std::nullopt;
        }
        entry.utf8 = *utf8 != 0;
    }
    const auto uid_validity = take_last(line, ':');
    const auto number = take_last(line, ' ');
    const auto size = take_last(line, ' ');
    if (!uid_validity || !number || !size || !is_message_name(line) || line.find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    entry.name = line;
    entry.size = *size;
    entry.number = *number;
    entry.uid_validity = *uid_validity;
    return entry;
}

std::uint64_t above(std::uint64_t number) {
    return number == std::numeric_limits<std::uint64_t>::max() ? number : number + 1;
}

/// Messages and UIDLs met so far.
class Seen {
public:
    bool is_first(const Pop3Entry& entry) {
        const std::pair numbers(entry.number, entry.uid_validity);
        if (entry.number != 0 && numbers_.contains(numbers)) {
            return false;
        }
        numbers_.insert(numbers);
        return bases_.insert(std::string(base_of(entry.name))).second;
    }

private:
    std::unordered_set<std::string> bases_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> numbers_;
};

}  // namespace

std::optional<Pop3Text> parse_pop3_list(std::string_view text, std::uint64_t now) {
    const auto header = parse_header(take_line(text), now);
    if (!header) {
        return std::nullopt;
    }
    Pop3Text read{.list = {header->next, header->uid_validity, {}}, .is_current = header->version == present_version};
    if (header->version != present_version && header->version != version_without_utf8) {
        return read;
    }
    Seen seen;
    while (!text.empty()) {
        auto entry = parse_entry(take_line(text), header->version);
        if (!entry || !seen.is_first(*entry)) {
            read.is_current = false;
            continue;
        }
        if (entry->uid_validity == read.list.uid_validity) {
            read.list.next = std::max(read.list.next, above(entry->number));
        }
        read.list.entries.push_back(std::move(*entry));
    }
    return read;
}

std::string print_pop3_list(const Pop3List& list) {
    std::string text = "/" + std::to_string(present_version) + " " + std::to_string(list.next) + " " +
                       std::to_string(list.uid_validity) + "\n";
    for (const auto& entry : list.entries) {
        text.append(entry.name) += ' ';
        text.append(std::to_string(entry.size)) += ' ';
        text.append(std::to_string(entry.number)) += ':';
        text.append(std::to_string(entry.uid_validity)).append(entry.utf8 ? ":1\n" : ":0\n");
    }
    return text;
}

std::string uidl_of(const Pop3Entry& entry) {
    if (entry.number != 0) {
        std::string uidl;
        uidl.reserve(3 + 20 + 1 + 20);
        uidl += "UID";
        uidl += std::to_string(entry.number);
        if (entry.uid_validity != 0) {
            uidl += '-';
            uidl += std::to_string(entry.uid_validity);
        }
        return uidl;
    }
    std::string uidl;
    for (const char c : base_of(entry.name)) {
        if (c > 0x20 && c < 0x7F && c != '\'' && c != '"' && c != '+') {
            uidl += c;
        } else {
            std::array<char, 4> code{};
            std::snprintf(code.data(), code.size(), "+%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
            uidl += code.data();
        }
    }
    return uidl;
}

}  // namespace postrider::store::maildir
