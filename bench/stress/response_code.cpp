#include "stress/response_code.hpp"

#include <algorithm>

namespace postrider::bench::stress {

namespace {

constexpr std::size_t most_in_a_set = 10'000;

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) {
            words.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace

std::optional<std::vector<std::string>> code_words(std::string_view text, std::string_view name) {
    const auto open = text.find('[');
    const auto end = text.find(']');
    if (open == std::string_view::npos || end == std::string_view::npos || end < open) {
        return std::nullopt;
    }
    std::vector<std::string> words = words_of(text.substr(open + 1, end - open - 1));
    if (words.empty() || !iequals(words.front(), name)) {
        return std::nullopt;
    }
    words.erase(words.begin());
    return words;
}

std::optional<std::uint32_t> item_number(std::string_view text, std::string_view name) {
    const auto open = text.rfind('(');
    if (open == std::string_view::npos || !text.ends_with(')')) {
        return std::nullopt;
    }
    const std::vector<std::string> words = words_of(text.substr(open + 1, text.size() - open - 2));
    const auto found = std::ranges::find(words, name);
    return found == words.end() || found + 1 == words.end() ? std::nullopt : parse_decimal<std::uint32_t>(found[1]);
}

std::optional<std::vector<Uid>> parse_uid_set(std::string_view text) {
    std::vector<Uid> uids;
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const std::string_view range = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto colon = std::min(range.find(':'), range.size());
        const auto first = parse_decimal<std::uint32_t>(range.substr(0, colon));
        const auto last = colon == range.size() ? first : parse_decimal<std::uint32_t>(range.substr(colon + 1));
        if (!first || !last || *last < *first || *last - *first + uids.size() >= most_in_a_set) {
            return std::nullopt;
        }
        for (std::uint32_t uid = *first; uid <= *last; ++uid) {
            uids.emplace_back(uid);
        }
    }
    return uids;
}

}  // namespace postrider::bench::stress
