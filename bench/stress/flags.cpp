#include "stress/flags.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace postrider::bench::stress {

std::optional<ToldFlags> parse_flags(std::string_view text) {
    if (text.size() < 2 || text.front() != '(' || text.back() != ')') {
        return std::nullopt;
    }
    ToldFlags told;
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
        const std::string_view name = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), name.size() + 1));
        const auto found = std::ranges::find_if(flag_names, [&](std::string_view one) { return iequals(one, name); });
        if (found != flag_names.end()) {
            told.flags.set(static_cast<std::size_t>(found - flag_names.begin()));
        } else if (iequals(name, "\\Recent")) {
            told.recent = true;
        } else {
            return std::nullopt;
        }
    }
    return told;
}

std::string flag_list(const Flags& flags) {
    std::string list = "(";
    for (std::size_t index = 0; index < flag_count; ++index) {
        if (flags.test(index)) {
            list += list.size() > 1 ? " " : "";
            list += flag_names[index];
        }
    }
    return list + ")";
}

Flags flag(std::size_t index) {
    return Flags().set(index);
}

}  // namespace postrider::bench::stress
