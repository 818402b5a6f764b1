// Address lists: RFC 5322 and what mailers make of it.
#include "core/limits.hpp"
#include "mime/envelope.hpp"
#include "support/catch.hpp"

namespace postrider::mime {

namespace {

constexpr auto none = std::nullopt;

struct Case {
    std::string_view value;
    AddressList expected;
};

std::string shown(const AddressList& list) {
    const auto text = [](const std::optional<std::string>& value) { return value ? '"' + *value + '"' : "NIL"; };
    std::string all;
    for (const Address& address : list) {
        all += '(' + text(address.name) + ' ' + text(address.mailbox) + ' ' + text(address.host) + ')';
    }
    return all;
}

void check(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
        INFO(c.value);
        CHECK(shown(parse_addresses(c.value)) == shown(c.expected));
    }
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("addresses by the book") {
    check({
        {"", {}},
        {" \r\n ", {}},
        {"a@x", {{none, "a", "x"}}},
        {"John.Doe@Example.COM", {{none, "John.Doe", "Example.COM"}}},
        {"\"Doe, John\" <John.Doe@Example.COM>", {{"Doe, John", "John.Doe", "Example.COM"}}},
        {"jane@example.org (comment)", {{"comment", "jane", "example.org"}}},
        {"(before) a@x, b@y", {{"before", "a", "x"}, {none, "b", "y"}}},
        {"<a@x> (Jane (at) home)", {{"Jane (at) home", "a", "x"}}},
        {"Name <a@x> (ignored)", {{"Name", "a", "x"}}},
        {"\"we ird\"@x", {{none, "we ird", "x"}}},
        {"\"a\\\"b\\\\c\"@x", {{none, "a\"b\\c", "x"}}},
        {"Joe Q. Public <john.q.public@example.com>", {{"Joe Q. Public", "john.q.public", "example.com"}}},
        {"Two\r\n Lines <a@x>", {{"Two Lines", "a", "x"}}},
        {"a@[192.168.0.1]", {{none, "a", "[192.168.0.1]"}}},
        {"<a@[IPv6:::1]>, b@[IPv6:::2]", {{none, "a", "[IPv6:::1]"}, {none, "b", "[IPv6:::2]"}}},
        {"<@hop1,@hop2:a@x>", {{none, "a", "x"}}},
        {"N <@hop:a@x>, b@y", {{"N", "a", "x"}, {none, "b", "y"}}},
        {"john . doe (c) @ example . com", {{"c", "john.doe", "example.com"}}},
        {",, a@x ,, b@y,", {{none, "a", "x"}, {none, "b", "y"}}},
        {"=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_X?= <j@x>", {{"=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_X?=", "j", "x"}}},
        {"J\xC3\xB6rg <j@x>", {{"J\xC3\xB6rg", "j", "x"}}},
        {"\"\" <a@x>", {{none, "a", "x"}}},
    });
}

TEST_CASE("groups") {
    check({
        {"Team: a@x, b@x;", {{none, "Team", none}, {none, "a", "x"}, {none, "b", "x"}, {}}},
        {"undisclosed-recipients:;", {{none, "undisclosed-recipients", none}, {}}},
        {"\"A Group\":Ed <e@x>,j@y;, k@z",
         {{none, "A Group", none}, {"Ed", "e", "x"}, {none, "j", "y"}, {}, {none, "k", "z"}}},
        {"Open: a@x", {{none, "Open", none}, {none, "a", "x"}, {}}},
        {"A: B: c@x;;", {{none, "A", none}, {"B:", "c", "x"}, {}}},
    });
}

TEST_CASE("addresses as they are met") {
    check({
        {"root", {{none, "root", ""}}},
        {"jane (Jane Doe)", {{"Jane Doe", "jane", ""}}},
        {"<root>", {{none, "root", ""}}},
        {"Mailer <>", {{"Mailer", "", ""}}},
        {"a@x; b@y", {{none, "a", "x"}, {none, "b", "y"}}},
        {"a@x <a@x>", {{"a@x", "a", "x"}}},
        {"John Doe john@x", {{"John Doe", "john", "x"}}},
        {"a@x b@y", {{none, "a", "x"}, {none, "b", "y"}}},
        {"A <a@x> B <b@y>", {{"A", "a", "x"}, {"B", "b", "y"}}},
        {"<a@x> junk, b@y", {{none, "a", "x"}, {none, "b", "y"}}},
        {"A <a@x, b@y", {{"A", "a", "x"}, {none, "b", "y"}}},
        {"A <<a@x>>", {{"A", "a", "x"}}},
        {"a@b@c", {{none, "a", "b@c"}}},
        {"[List] Foo <f@x>", {{"[List] Foo", "f", "x"}}},
        {"=?utf-8?Q?Doe,_John?= <j@x>", {{"=?utf-8?Q?Doe,_John?=", "j", "x"}}},
        {"\"unclosed <a@x>", {{none, "unclosed <a@x>", ""}}},
        {"(unclosed", {}},
        {"a@x (unclosed", {{"unclosed", "a", "x"}}},
        {"user@host:25", {{none, "user", "host:25"}}},
        {"<@a,@b>", {{none, "", "b"}}},
        {"@", {{none, "", ""}}},
        {">", {}},
    });
}

TEST_CASE("address lists stop at the limit, in linear time") {
    for (const std::size_t count : {limits::addresses - 1, limits::addresses, limits::addresses + 1}) {
        CHECK(parse_addresses(repeated("a@x,", count)).size() == std::min(count, limits::addresses));
        const AddressList group = parse_addresses("g:" + repeated("a@x,", count));
        CHECK(group.size() == limits::addresses);
        CHECK(group.back() == Address{});
        const AddressList late = parse_addresses(repeated("a@x,", count - 1) + "g:;");
        CHECK(late.size() <= limits::addresses);
        CHECK((late.back() == Address{}) == (count < limits::addresses));
    }
    CHECK(parse_addresses(repeated("Someone <a@x>,", 500'000)).size() == limits::addresses);
    for (const std::string_view text : {"(", "\"", "<", "<@", "@", ":", "=?", "[", "a@[", "a ", ". ", "\\", "a@x b"}) {
        INFO(text);
        CHECK(parse_addresses(repeated(text, 300'000)).size() <= limits::addresses);
    }
}

}  // namespace postrider::mime
