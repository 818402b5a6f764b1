// Numbers and sets in the text of responses. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/text.hpp"

namespace postrider::bench::stress {

/// The words behind NAME in the first response code, "[NAME word word]"; none where there is no such code.
std::optional<std::vector<std::string>> code_words(std::string_view text, std::string_view name);

template <std::unsigned_integral T>
std::optional<T> code_number(std::string_view text, std::string_view name) {
    const auto words = code_words(text, name);
    return words && !words->empty() ? parse_decimal<T>(words->front()) : std::nullopt;
}

/// The number behind a word of a list, "(MESSAGES 3 UIDNEXT 4)".
std::optional<std::uint32_t> item_number(std::string_view text, std::string_view name);

/// "1:3,7": the UIDs in the order written; none where it is no set, or one of more than 10,000.
std::optional<std::vector<Uid>> parse_uid_set(std::string_view text);

}  // namespace postrider::bench::stress
