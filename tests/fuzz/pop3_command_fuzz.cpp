// POP3 command lines: the words are the line without its blanks, in their order, and a number is what its digits say.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pop3/wire/command_line.hpp"

using namespace postrider::pop3::wire;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const CommandLine parts = parse_command_line(line);
    require(std::ranges::none_of(parts.name, is_blank));
    require(line.ends_with(parts.arguments));
    std::string words(parts.name);
    std::string_view rest = parts.arguments;
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
        require(std::ranges::none_of(word, is_blank));
        words += word;
        const auto number = leading_number(word);
        require(!number || word.find(std::to_string(*number)) != std::string_view::npos);
        const auto count = line_count(word);
        require(!number || count == number);
        require(!count || number || (word.front() == '-' && *count == all_lines));
    }
    std::string wanted(line);
    std::erase_if(wanted, is_blank);
    require(words == wanted);
    return 0;
}
