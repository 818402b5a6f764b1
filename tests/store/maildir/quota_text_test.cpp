// maildirsize as text.
#include <limits>
#include <string>

#include "store/maildir/quota_text.hpp"
#include "support/catch.hpp"

using namespace postrider::store::maildir;

namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();

QuotaLimits limits(std::uint64_t bytes, std::uint64_t messages) {
    return {.bytes = bytes, .messages = messages};
}

Usage usage(std::int64_t bytes, std::int64_t messages) {
    return {.bytes = bytes, .messages = messages};
}

}  // namespace

TEST_CASE("limits in every form that Courier reads") {
    struct Case {
        const char* text;
        QuotaLimits limits;
    };
    const Case cases[] = {
        {"10000S,3C", limits(10000, 3)},
        {"3C,10000S", limits(10000, 3)},
        {"3C10000S", limits(10000, 3)},
        {" 10S, 2C \r", limits(10, 2)},
        {"10S", limits(10, 0)},
        {"2C", limits(0, 2)},
        {"5S,1000S,1C,3C", limits(1000, 3)},
        {"-5S,-2C", limits(5, 2)},
        {"0S,0C", limits(0, 0)},
        {"1000", limits(0, 0)},
        {"10s,3c", limits(0, 0)},
        {"5X,1000S", limits(1000, 0)},
        {"5 S", limits(0, 0)},
        {"SC", limits(0, 0)},
        {"", limits(0, 0)},
        {"hello", limits(0, 0)},
        {"18446744073709551615S", limits(std::numeric_limits<std::uint64_t>::max(), 0)},
        {"18446744073709551616S,1C", limits(std::numeric_limits<std::uint64_t>::max(), 1)},
        {"99999999999999999999999999999999S", limits(std::numeric_limits<std::uint64_t>::max(), 0)},
    };
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        CHECK((parse_quota_limits(text) == expected));
        CHECK((parse_quota_limits(print_quota_limits(expected)) == expected));
    }
    CHECK(print_quota_limits(limits(10000, 3)) == "10000S,3C");
    CHECK(print_quota_limits(limits(0, 3)) == "3C");
    CHECK(print_quota_limits(limits(0, 0)).empty());
}

TEST_CASE("the use is the sum of the lines") {
    const auto file = parse_quota_file(
        "10000S,3C\n          18            3\n           6            1\n          -6           -1\n");
    CHECK((file.limits == limits(10000, 3)));
    CHECK((file.used == usage(18, 3)));
    CHECK(file.lines == 3);
    CHECK_FALSE(file.damaged);
    const auto fresh = parse_quota_file("1S\n");
    CHECK((fresh.used == usage(0, 0)));
    CHECK(fresh.lines == 0);
    CHECK_FALSE(fresh.damaged);
}

TEST_CASE("what is not two numbers is damage, and counts nothing") {
    for (const char* line : {"x y\n", "1 2 3\n", "\n", "5\n", "5 \n", "1 2", "1-2\n", "1 2x\n", "+1 2\n", "0x1 2\n",
                             "9223372036854775808 1\n", "1 -9223372036854775809\n", "1.5 2\n"}) {
        CAPTURE(line);
        const auto file = parse_quota_file(std::string("10S\n4 1\n") + line);
        CHECK(file.damaged);
        CHECK((file.limits == limits(10, 0)));
        CHECK(file.lines == 2);
    }
    CHECK(parse_quota_file("").damaged);
    CHECK(parse_quota_file("10S").damaged);
    CHECK(parse_quota_file(std::string("10S\n4 1\n\0\0\0\n", 12)).damaged);
    CHECK(parse_quota_file("10S\n-1 5\n").damaged);
    CHECK(parse_quota_file("10S\n1 -5\n").damaged);
    CHECK_FALSE(parse_quota_file("10S\r\n 1\t2 \r\n").damaged);
    CHECK((parse_quota_file("10S\n5 5\n-5 -5\n").used == usage(0, 0)));
}

TEST_CASE("sums stop at the ends of the range") {
    Usage used = usage(largest, largest);
    used += usage(1, 5);
    CHECK((used == usage(largest, largest)));
    used = usage(smallest, -3);
    used += usage(-1, -1);
    CHECK((used == usage(smallest, -4)));
    CHECK((-usage(smallest, 4) == usage(largest, -4)));
    const auto big = std::to_string(largest);
    CHECK((parse_quota_file("1S\n" + big + " " + big + "\n1 1\n").used == usage(largest, largest)));
}

TEST_CASE("lines of use have Courier's columns") {
    CHECK(print_usage(usage(18, 3)) == "          18            3\n");
    CHECK(print_usage(usage(-6, -1)) == "          -6           -1\n");
    CHECK(print_usage(usage(smallest, largest)) == "-9223372036854775808 9223372036854775807\n");
}

TEST_CASE("a limit is reached, not passed") {
    CHECK(fits(limits(10, 2), usage(10, 2)));
    CHECK_FALSE(fits(limits(10, 2), usage(11, 2)));
    CHECK_FALSE(fits(limits(10, 2), usage(10, 3)));
    CHECK(fits(limits(0, 2), usage(largest, 2)));
    CHECK(fits(limits(10, 0), usage(10, largest)));
    CHECK(fits(limits(10, 2), usage(-5, -5)));
    CHECK(fits(limits(std::numeric_limits<std::uint64_t>::max(), 0), usage(largest, 1)));
}
