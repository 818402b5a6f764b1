// The text of ":list": keyword names one a line, an empty line, "<base>:<n> <n> ..." for each message.
#include "store/maildir/keywords.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "core/text.hpp"
#include "store/maildir/keyword_text.hpp"

namespace postrider::store::maildir {

namespace {

/// More than a session can name (KeywordId), so what Courier wrote stays.
constexpr std::size_t most_names = 65'535;

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// The names in the order of their numbers; "" for one that cannot be a keyword.
std::vector<std::string> take_names(std::string_view& text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.empty()) {
            break;
        }
        if (names.size() < most_names) {
            names.push_back(keyword_text(line));
        }
    }
    return names;
}

/// The numbers behind a message's base as names, each once.
std::vector<std::string> names_of(std::string_view numbers, const std::vector<std::string>& names) {
    std::vector<std::string> found;
    std::unordered_set<std::size_t> met;
    while (!numbers.empty()) {
        const auto end = std::min(numbers.find(' '), numbers.size());
        const auto number = parse_decimal<std::size_t>(numbers.substr(0, end));
        numbers.remove_prefix(std::min(end + 1, numbers.size()));
        if (number && *number < names.size() && met.insert(*number).second) {
            found.push_back(names[*number]);
        }
    }
    return found;
}

}  // namespace

std::string keyword_text(std::string_view raw) {
    constexpr std::size_t most_bytes = 255;
    constexpr std::string_view forbidden = " (){%*\"\\]";
    if (raw.size() > most_bytes) {
        return {};
    }
    std::string keyword(raw);
    std::ranges::replace_if(
        keyword, [&](char c) { return is_control(c) || forbidden.find(c) != std::string_view::npos; }, '_');
    return keyword;
}

void remove_doubles(std::vector<std::string>& keywords) {
    std::unordered_set<std::string> met;
    std::erase_if(keywords, [&](const std::string& name) { return name.empty() || !met.insert(lower(name)).second; });
}

Result<KeywordMap> parse_keyword_list(std::string_view text, std::size_t most) {
    const auto names = take_names(text);
    KeywordMap map;
    std::size_t assignments = 0;
    while (!text.empty()) {
        const auto line = take_line(text);
        const auto colon = line.rfind(':');
        if (colon == std::string_view::npos || colon == 0) {
            continue;
        }
        auto keywords = names_of(line.substr(colon + 1), names);
        remove_doubles(keywords);
        assignments += keywords.size();
        if (assignments > most) {
            return Error(Code::limit, "more keywords than a folder has");
        }
        if (!keywords.empty()) {
            map.insert_or_assign(std::string(line.substr(0, colon)), std::move(keywords));
        }
    }
    return map;
}

std::string print_keyword_list(const KeywordMap& keywords) {
    std::unordered_map<std::string, std::size_t> numbers;
    std::string names;
    std::string messages;
    for (const auto& [base, set] : keywords) {
        messages += base;
        char separator = ':';
        for (const auto& keyword : set) {
            const auto [entry, first] = numbers.try_emplace(lower(keyword), numbers.size());
            if (first) {
                names.append(keyword) += '\n';
            }
            messages += separator;
            messages += std::to_string(entry->second);
            separator = ' ';
        }
        messages += '\n';
    }
    return names + '\n' + messages;
}

}  // namespace postrider::store::maildir
