// RFC 3501 section 9, sequence-set.
#include "imap/wire/sequence_set.hpp"

#include <vector>

#include "core/limits.hpp"
#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

std::string many_ranges(std::size_t count) {
    std::string text = "1";
    for (std::size_t i = 1; i < count; ++i) {
        text += ",1";
    }
    return text;
}

}  // namespace

TEST_CASE("sequence sets that are right") {
    struct Row {
        std::string_view text;
        SequenceSet set;
    };
    const std::vector<Row> rows = {
        {"1", {{1, 1}}},
        {"*", {{0, 0}}},
        {"1:4,7,*", {{1, 4}, {7, 7}, {0, 0}}},
        {"4:1", {{4, 1}}},
        {"*:4", {{0, 4}}},
        {"*:*", {{0, 0}}},
        {"4294967295", {{4294967295u, 4294967295u}}},
        {"1,1,1", {{1, 1}, {1, 1}, {1, 1}}},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto set = parse_sequence_set(row.text);
        REQUIRE(set.has_value());
        CHECK(*set == row.set);
        check_prefixes(row.text, parse_sequence_set);
    }
}

TEST_CASE("sequence sets that are wrong, and where") {
    struct Row {
        std::string_view text;
        std::size_t offset;
    };
    const std::vector<Row> rows = {
        {"", 0},
        {"0", 0},
        {"1:", 2},
        {"1,", 2},
        {",1", 0},
        {"1,,2", 2},
        {":2", 0},
        {"1:2:3", 3},
        {"1:0", 2},
        {"01", 0},
        {"-1", 0},
        {"+1", 0},
        {"0x1", 0},
        {" 1", 0},
        {"1 ", 1},
        {"1;2", 1},
        {"**", 1},
        {"1*", 1},
        {"1-2", 1},
        {"$", 0},
        {"4294967296", 0},
        {"4294967297", 0},
        {"1:99999999999999999999", 2},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto set = parse_sequence_set(row.text);
        REQUIRE_FALSE(set.has_value());
        CHECK(set.error().offset == row.offset);
    }
}

TEST_CASE("a sequence set has at most limits::ranges ranges") {
    CHECK(parse_sequence_set(many_ranges(limits::ranges - 1)).has_value());
    CHECK(parse_sequence_set(many_ranges(limits::ranges)).has_value());
    CHECK_FALSE(parse_sequence_set(many_ranges(limits::ranges + 1)).has_value());
}

TEST_CASE("a sequence set resolved against a mailbox") {
    struct Row {
        std::string_view text;
        std::uint32_t last;
        SequenceSet set;
    };
    const std::vector<Row> rows = {
        {"*", 5, {{5, 5}}},
        {"*", 0, {}},
        {"1:*", 0, {}},
        {"3,*", 0, {{3, 3}}},
        {"4:1", 9, {{1, 4}}},
        {"1000:*", 7, {{7, 1000}}},
        {"*:4,5:7", 10, {{4, 10}}},
        {"1,2,3", 9, {{1, 3}}},
        {"1,3", 9, {{1, 1}, {3, 3}}},
        {"9,1:3,2:5", 9, {{1, 5}, {9, 9}}},
        {"2:8,3:4", 9, {{2, 8}}},
        {"4294967295,4294967294", 9, {{4294967294u, 4294967295u}}},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        CHECK(resolved(parse_sequence_set(row.text).value(), row.last) == row.set);
    }
}

TEST_CASE("whether a resolved set holds a number") {
    const SequenceSet set = {{2, 4}, {7, 7}, {4294967295u, 4294967295u}};
    for (const std::uint32_t in : {2u, 3u, 4u, 7u, 4294967295u}) {
        CHECK(contains(set, in));
    }
    for (const std::uint32_t out : {0u, 1u, 5u, 6u, 8u, 4294967294u}) {
        CHECK_FALSE(contains(set, out));
    }
    CHECK_FALSE(contains({}, 1));
}

TEST_CASE("numbers printed as a set") {
    CHECK(print_set({}).empty());
    CHECK(print_set({7}) == "7");
    CHECK(print_set({1, 2}) == "1:2");
    CHECK(print_set({1, 2, 3, 4, 7}) == "1:4,7");
    CHECK(print_set({1, 3, 5}) == "1,3,5");
    CHECK(print_set({4294967294u, 4294967295u}) == "4294967294:4294967295");
}

TEST_CASE("a printed set read again holds the same numbers") {
    const std::vector<std::uint32_t> numbers = {1, 2, 3, 9, 11, 12, 40};
    const auto set = resolved(parse_sequence_set(print_set(numbers)).value(), 0);
    std::vector<std::uint32_t> again;
    for (std::uint32_t n = 1; n < 50; ++n) {
        if (contains(set, n)) {
            again.push_back(n);
        }
    }
    CHECK(again == numbers);
}
