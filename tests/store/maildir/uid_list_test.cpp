#include "store/maildir/uid_list.hpp"

#include <deque>
#include <string>
#include <utility>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using postrider::store::maildir::testing::ok;

namespace {

UidList list_of(std::uint32_t validity, std::uint32_t next, std::vector<UidEntry> entries = {}) {
    return {.uid_validity = UidValidity(validity), .uid_next = Uid(next), .entries = std::move(entries)};
}

}  // namespace

TEST_CASE("a UID list is read and written as Courier does") {
    const std::string text = "1 795285861 4\n1 100.a,S=23\n3 200.b c:d\n";
    const auto list = parse_uid_list(text).value();
    CHECK(list == list_of(795285861, 4, {{Uid(1), "100.a,S=23"}, {Uid(3), "200.b c:d"}}));
    CHECK(print_uid_list(list) == text);
    CHECK(print_uid_list(list_of(7, 1)) == "1 7 1\n");
}

TEST_CASE("a header is read as widely as Courier reads it") {
    for (const auto* text : {"1 777 20\n", " 1  777   20 junk\n", "1 777 20\r\n", "1\t 777 20\n"}) {
        CAPTURE(text);
        if (std::string_view(text).find('\t') == std::string_view::npos) {
            CHECK(parse_uid_list(text).value() == list_of(777, 20));
        }
    }
    CHECK(parse_uid_list("1 4294967295 4294967295\n").value() == list_of(4294967295, 4294967295));
}

TEST_CASE("what is no header makes no list") {
    for (const auto* text :
         {"", "\n", "1 777 20", "1 777\n", "2 777 20\n", "1 0 20\n", "1 777 0\n", "01 777 20\n", "1 4294967296 20\n",
          "1 777 4294967296\n", "1 +777 20\n", "1 -1 20\n", "1 0x1 20\n", "x\n1 777 20\n"}) {
        CAPTURE(text);
        CHECK_FALSE(ok(parse_uid_list(text)));
    }
}

TEST_CASE("wrong lines are left out, and no UID met is given again") {
    CHECK(parse_uid_list("1 7 3\n5 a\n").value() == list_of(7, 6, {{Uid(5), "a"}}));
    CHECK(parse_uid_list("1 7 9\n5 a\n5 b\n3 c\n7 d\n").value() == list_of(7, 9, {{Uid(5), "a"}, {Uid(7), "d"}}));
    CHECK(parse_uid_list("1 7 9\n5 " + std::string(255, 'a') + "\n").value().entries.size() == 1);
    CHECK(parse_uid_list("1 7 9\n5 " + std::string(256, 'a') + "\n").value() == list_of(7, 9));
    CHECK(parse_uid_list("1 7 9\n0 a\n1 \n2\nx b\n3 .h\n4 a/b\n4294967295 m\n4294967296 n\n").value() == list_of(7, 9));
    CHECK(parse_uid_list("1 7 9\n4294967294 m\n").value() == list_of(7, 4294967295, {{Uid(4294967294), "m"}}));
    CHECK(parse_uid_list("1 7 9\n12").value() == list_of(7, 13));
    CHECK(parse_uid_list(std::string("1 7 9\n1 a\0b\n", 12)).value() == list_of(7, 9));
}

TEST_CASE("printed and parsed again a list is the same") {
    auto list = list_of(5, 70'000);
    std::deque<std::string> bases;
    for (std::uint32_t uid = 1; uid < 60'000; uid += 7) {
        list.entries.push_back({Uid(uid), bases.emplace_back(std::to_string(uid) + ".M1 x:y")});
    }
    const auto text = print_uid_list(list);
    CHECK(parse_uid_list(text).value() == list);
}
