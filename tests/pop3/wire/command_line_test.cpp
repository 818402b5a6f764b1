// Command lines: the name, what stands behind it, words and numbers.
#include "pop3/wire/command_line.hpp"

#include <string_view>

#include "support/catch.hpp"

namespace postrider::pop3::wire {
namespace {

TEST_CASE("a command line is a name and what stands behind one blank") {
    struct Case {
        std::string_view line;
        std::string_view name;
        std::string_view arguments;
    };
    for (const Case& c : {Case{"", "", ""},
                          {"   \t\r", "", ""},
                          {"QUIT", "QUIT", ""},
                          {"quit ", "quit", ""},
                          {" \tlist 1", "list", "1"},
                          {"TOP 1 2", "TOP", "1 2"},
                          {"TOP\t1\t2\r", "TOP", "1\t2\r"},
                          {"USER a b", "USER", "a b"},
                          {"PASS  two blanks ", "PASS", " two blanks "},
                          {std::string_view("NO\0OP 1", 7), std::string_view("NO\0OP", 5), "1"}}) {
        INFO(c.line);
        const CommandLine parts = parse_command_line(c.line);
        CHECK(parts.name == c.name);
        CHECK(parts.arguments == c.arguments);
    }
}

TEST_CASE("words are taken one by one") {
    std::string_view text = " 12\t \rab  c";
    CHECK(take_word(text) == "12");
    CHECK(take_word(text) == "ab");
    CHECK(take_word(text) == "c");
    CHECK(take_word(text).empty());
    CHECK(text.empty());
}

TEST_CASE("a message number is the digits at the word's beginning, in the type's range") {
    struct Case {
        std::string_view word;
        std::optional<std::uint64_t> number;
    };
    for (const Case& c : {Case{"0", 0},
                          {"2", 2},
                          {"2x", 2},
                          {"0x1", 0},
                          {"007", 7},
                          {"18446744073709551614", 18446744073709551614U},
                          {"18446744073709551615", 18446744073709551615U},
                          {"18446744073709551616", std::nullopt},
                          {"4294967297", 4294967297U},
                          {"", std::nullopt},
                          {"x", std::nullopt},
                          {"-1", std::nullopt},
                          {"+1", std::nullopt},
                          {" 1", std::nullopt}}) {
        INFO(c.word);
        CHECK(leading_number(c.word) == c.number);
    }
}

TEST_CASE("a negative number of lines is all of them") {
    CHECK(line_count("0") == 0U);
    CHECK(line_count("10") == 10U);
    CHECK(line_count("-1") == all_lines);
    CHECK(line_count("-0") == all_lines);
    CHECK(line_count("-") == std::nullopt);
    CHECK(line_count("--1") == std::nullopt);
    CHECK(line_count("all") == std::nullopt);
    CHECK(line_count("") == std::nullopt);
}

}  // namespace
}  // namespace postrider::pop3::wire
