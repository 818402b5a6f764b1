// RFC 3501 section 9, date and date-time.
#include "imap/wire/date.hpp"

#include <limits>
#include <vector>

#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;
using namespace std::chrono;
using namespace std::chrono_literals;

TEST_CASE("dates that are right") {
    struct Row {
        std::string_view text;
        Date date;
    };
    const std::vector<Row> rows = {
        {"1-Feb-1994", 1994y / February / 1},   {"01-feb-1994", 1994y / February / 1},
        {"29-FEB-2000", 2000y / February / 29}, {"31-Dec-9999", 9999y / December / 31},
        {"1-Jan-0000", 0y / January / 1},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto date = parse_date(row.text);
        REQUIRE(date.has_value());
        CHECK(*date == row.date);
        check_prefixes(row.text, parse_date);
    }
}

TEST_CASE("dates that are wrong") {
    const std::vector<std::string_view> rows = {
        "",
        " 1-Feb-1994",
        "1-Feb-1994 ",
        "31-Feb-1994",
        "29-Feb-1900",
        "0-Feb-1994",
        "32-Jan-1994",
        "001-Feb-94",
        "1-Feb-94",
        "1-Feb-19945",
        "1-Fex-1994",
        "1 Feb 1994",
        "1-02-1994",
        "-1-Feb-1994",
        "+1-Feb-1994",
        "1-Feb--994",
        "1--1994",
        "1-February-1994",
        "Feb-1-1994",
        "1-Feb-1994x",
        "99-Feb-1994",
    };
    for (const auto text : rows) {
        INFO(text);
        const auto date = parse_date(text);
        REQUIRE_FALSE(date.has_value());
        CHECK(date.error().offset <= text.size());
    }
}

TEST_CASE("date-times that are right") {
    struct Row {
        std::string_view text;
        sys_seconds time;
        minutes zone;
    };
    const auto day = sys_days(1994y / February / 1);
    const std::vector<Row> rows = {
        {" 1-Feb-1994 21:52:25 -0800", day + 29h + 52min + 25s, -8h},
        {"1-Feb-1994 21:52:25 -0800", day + 29h + 52min + 25s, -8h},
        {"01-Feb-1994 00:00:00 +0000", day, 0min},
        {"01-feb-1994 00:00:00 -0000", day, 0min},
        {"01-Feb-1994 23:59:60 +0000", day + 24h, 0min},
        {"01-Feb-1994 23:59:59 +2359", day + 59s, 23h + 59min},
        {"01-Feb-1994 00:00:00 -2359", day + 23h + 59min, -23h - 59min},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto time = parse_date_time(row.text);
        REQUIRE(time.has_value());
        CHECK(time->time == row.time);
        CHECK(time->zone == row.zone);
        check_prefixes(row.text, parse_date_time);
    }
}

TEST_CASE("date-times that are wrong") {
    const std::vector<std::string_view> rows = {
        "  1-Feb-1994 21:52:25 -0800", "01-Feb-1994 24:00:00 +0000",  "01-Feb-1994 23:60:00 +0000",
        "01-Feb-1994 23:00:61 +0000",  "01-Feb-1994 1:00:00 +0000",   "01-Feb-1994 01:00 +0000",
        "01-Feb-1994 01:00:00",        "01-Feb-1994 01:00:00 GMT",    "01-Feb-1994 01:00:00 0000",
        "01-Feb-1994 01:00:00 +00000", "01-Feb-1994 01:00:00 +000",   "01-Feb-1994 01:00:00 +2400",
        "01-Feb-1994 01:00:00 -0060",  "30-Feb-1994 01:00:00 +0000",  "01-Feb-1994  01:00:00 +0000",
        "01-Feb-1994T01:00:00 +0000",  "01-Feb-1994 01:00:00 +0000 ", "01-Feb-1994 -1:00:00 +0000",
    };
    for (const auto text : rows) {
        INFO(text);
        const auto time = parse_date_time(text);
        REQUIRE_FALSE(time.has_value());
        CHECK(time.error().offset <= text.size());
    }
}

TEST_CASE("date-times as Courier prints them") {
    const sys_seconds time = sys_days(2020y / February / 7) + 20h + 52min + 25s;
    CHECK(print_date_time(time, 0min) == "07-Feb-2020 20:52:25 +0000");
    CHECK(print_date_time(time, 5h + 30min) == "08-Feb-2020 02:22:25 +0530");
    CHECK(print_date_time(time, -8h) == "07-Feb-2020 12:52:25 -0800");
    CHECK(print_date_time(time, -30min) == "07-Feb-2020 20:22:25 -0030");
    CHECK(print_date_time(sys_seconds(-1s), 0min) == "31-Dec-1969 23:59:59 +0000");
}

TEST_CASE("any file time is printed as a date-time that can be read") {
    for (const auto count : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                             std::int64_t{253402300800}, std::int64_t{-62167219201}, std::int64_t{0}}) {
        for (const minutes zone : {-23h - 59min, 0min, 23h + 59min}) {
            const auto text = print_date_time(sys_seconds(seconds(count)), zone);
            INFO(text);
            CHECK(text.size() == 26);
            const auto again = parse_date_time(text);
            REQUIRE(again.has_value());
            CHECK(again->zone == zone);
        }
    }
}
