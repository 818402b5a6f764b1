#include "pop3/wire/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace postrider::pop3::wire {

namespace {

constexpr std::string_view blanks = " \t\r";

}  // namespace

CommandLine parse_command_line(std::string_view line) {
    const std::string_view name = take_word(line);
    line.remove_prefix(std::min<std::size_t>(line.size(), 1));
    return {name, line};
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    return word;
}

std::optional<std::uint64_t> leading_number(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> line_count(std::string_view word) {
    const bool negative = word.starts_with('-');
    const auto number = leading_number(word.substr(negative ? 1 : 0));
    return number && negative ? all_lines : number;
}

}  // namespace postrider::pop3::wire
