// courierpop3dsizelist as text.
#include "store/maildir/pop3_list.hpp"

#include "support/catch.hpp"

using namespace postrider::store::maildir;

namespace {

Pop3Entry entry(const char* name, std::uint64_t size, std::uint64_t number, std::uint64_t uid_validity,
                bool utf8 = false) {
    return {.name = name, .size = size, .number = number, .uid_validity = uid_validity, .utf8 = utf8};
}

}  // namespace

TEST_CASE("a POP3 list is read and written as Courier does") {
    const std::string text =
        "/3 4 1795285955\n1000000001.M1P1.host:2,S 977 1:1795285955:0\n1000000002.M1P1.host:2, 78 2:1795285955:1\n";
    const auto read = parse_pop3_list(text, 5);
    REQUIRE(read.has_value());
    CHECK(read->is_current);
    CHECK((read->list == Pop3List{4,
                                  1795285955,
                                  {entry("1000000001.M1P1.host:2,S", 977, 1, 1795285955),
                                   entry("1000000002.M1P1.host:2,", 78, 2, 1795285955, true)}}));
    CHECK(print_pop3_list(read->list) == text);
}

TEST_CASE("older and unknown versions") {
    const auto second = parse_pop3_list("/2 9 777\n1.a:2, 10 1:5\n2.a:2,S 11 2:777\n3.a:2, 12 3\n4.a 1 4:5:0\n", 5);
    REQUIRE(second.has_value());
    CHECK_FALSE(second->is_current);
    CHECK((second->list == Pop3List{9, 777, {entry("1.a:2,", 10, 1, 5), entry("2.a:2,S", 11, 2, 777)}}));
    const auto first = parse_pop3_list("/1 7\n1.a:2, 10 1:5\n", 99);
    REQUIRE(first.has_value());
    CHECK_FALSE(first->is_current);
    CHECK((first->list == Pop3List{7, 99, {}}));
    const auto later = parse_pop3_list("/4 10 12345\n1.a:2, 10 1:5:0\n", 99);
    REQUIRE(later.has_value());
    CHECK((later->list == Pop3List{10, 12345, {}}));
}

TEST_CASE("headers, and what is none") {
    CHECK((parse_pop3_list("/3 4\n", 99)->list == Pop3List{4, 99, {}}));
    CHECK((parse_pop3_list("/3  4  9  \n", 99)->list == Pop3List{4, 9, {}}));
    CHECK((parse_pop3_list("/3 4 9", 99)->list == Pop3List{4, 9, {}}));
    CHECK((parse_pop3_list("/3 0 0\n", 99)->list == Pop3List{0, 0, {}}));
    for (const char* text : {"", "\n", "/", "/3", "/3 x 9\n", "/x 4 9\n", "3 4 9\n", "hello\n/3 4 9\n", "/-3 4 9\n",
                             "/3 -4 9\n", "/3 18446744073709551616 9\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_pop3_list(text, 99).has_value());
    }
}

TEST_CASE("lines are read from the right: names may hold blanks and colons") {
    const auto read = parse_pop3_list("/3 9 7\n1 2:3 4:5:2,S 10 1:7:0\n2.a 5 2:7:0\n", 5);
    REQUIRE(read.has_value());
    CHECK((read->list.entries == std::vector{entry("1 2:3 4:5:2,S", 10, 1, 7), entry("2.a", 5, 2, 7)}));
}

TEST_CASE("wrong lines, messages met twice and UIDLs met twice are left out") {
    const auto read = parse_pop3_list(
        "/3 9 7\n1.a:2, 10 1:7:0\n1.a:2,S 10 2:7:0\n2.a:2, 10 1:7:0\n2.a:2, 11 3:7:0\n\n x\n/x 1 4:7:0\n.h 1 4:7:0\n"
        "3.a 1 -4:7:0\n3.a x 4:7:0\n3.a 1 4:7:\n3.a 1 4:7\n3.a 1 18446744073709551616:7:0\n4.a 1 5:7:2\n",
        5);
    REQUIRE(read.has_value());
    CHECK_FALSE(read->is_current);
    CHECK((read->list.entries ==
           std::vector{entry("1.a:2,", 10, 1, 7), entry("2.a:2,", 11, 3, 7), entry("4.a", 1, 5, 7, true)}));
    const auto by_name = parse_pop3_list("/3 9 7\n1.a 1 0:0:0\n2.a 1 0:0:0\n", 5);
    REQUIRE(by_name.has_value());
    CHECK(by_name->list.entries.size() == 2);
}

TEST_CASE("a number that was given is not given again") {
    CHECK(parse_pop3_list("/3 1 7\n1.a 1 5:7:0\n2.a 1 3:7:0\n", 5)->list.next == 6);
    CHECK(parse_pop3_list("/3 1 7\n1.a 1 5:8:0\n", 5)->list.next == 1);
    CHECK(parse_pop3_list("/3 1 7\n1.a 1 18446744073709551615:7:0\n", 5)->list.next == 18446744073709551615U);
}

TEST_CASE("UIDLs") {
    CHECK(uidl_of(entry("1.a:2,S", 1, 5, 1795285955)) == "UID5-1795285955");
    CHECK(uidl_of(entry("1.a:2,S", 1, 5, 0)) == "UID5");
    CHECK(uidl_of(entry("1.a:2,S", 1, 0, 9)) == "1.a");
    CHECK(uidl_of(entry("1 \"a'+\xC3\xBC\x7F:2,S", 1, 0, 9)) == "1+20+22a+27+2B+C3+BC+7F");
    CHECK(uidl_of(entry("1", 1, 18446744073709551615U, 18446744073709551615U)).size() < 70);
}

TEST_CASE("printed and parsed again a POP3 list is the same") {
    Pop3List list{3000, 77, {}};
    for (std::uint64_t i = 1; i < 3000; ++i) {
        list.entries.push_back(entry((std::to_string(i) + ".M1 x:y:2,").c_str(), i * i, i, i % 3, i % 2 == 0));
    }
    const auto again = parse_pop3_list(print_pop3_list(list), 5);
    REQUIRE(again.has_value());
    CHECK(again->is_current);
    CHECK((again->list == list));
}
