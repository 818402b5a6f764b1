// Networks: what is one, what is in one, and ranges as networks.
#include "net/network.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::net;

namespace {

Network network(const std::string& text) {
    const auto parsed = Network::parse(text);
    CAPTURE(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

asio::ip::address address(const std::string& text) {
    return asio::ip::make_address(text);
}

std::vector<std::string> between(const std::string& first, const std::string& last) {
    std::vector<std::string> texts;
    for (const Network& part : networks_between(address(first), address(last))) {
        texts.push_back(part.text());
    }
    return texts;
}

}  // namespace

TEST_CASE("a network is read and written") {
    const std::pair<std::string, std::string> cases[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"255.255.255.255", "255.255.255.255"},
        {"255.255.255.255/32", "255.255.255.255"},
        {"255.255.255.255/31", "255.255.255.254/31"},
        {"2001:DB8::/32", "2001:db8::/32"},
        {"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
        {"::/0", "::/0"},
        {"::1", "::1"},
        {"::1/128", "::1"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
        {"::ffff:10.1.2.3/96", "0.0.0.0/0"},
        {"::ffff:10.1.2.3/95", "::fffe:0:0/95"},
    };
    for (const auto& [text, written] : cases) {
        CAPTURE(text);
        CHECK(network(text).text() == written);
        CHECK(network(written) == network(text));
    }
    CHECK(network("10.1.2.3/8").address() == address("10.0.0.0"));
    CHECK(network("10.1.2.3/8").bits() == 8);
    CHECK(network("10.1.2.3").bits() == 32);
    CHECK(network("::1").bits() == 128);
}

TEST_CASE("what is no network") {
    for (const std::string text : {"",
                                   "/",
                                   "/8",
                                   "10.0.0.0/",
                                   "10.0.0.0/33",
                                   "10.0.0.0/-1",
                                   "10.0.0.0/+1",
                                   "10.0.0.0/ 8",
                                   "10.0.0.0/8 ",
                                   "10.0.0.0/4294967297",
                                   "10.0.0.0/8/8",
                                   "::/129",
                                   "::/a",
                                   "10.0.0",
                                   "10.0.0.256",
                                   "010.0.0.1",
                                   "host",
                                   "*",
                                   "1.2.3.4.5",
                                   ":::",
                                   "fe80::1%lo",
                                   "fe80::1%1",
                                   " 10.0.0.1",
                                   "10.0.0.1 ",
                                   "0x7f.0.0.1",
                                   "2130706433"}) {
        CAPTURE(text);
        CHECK_FALSE(Network::parse(text).has_value());
    }
    CHECK_FALSE(Network::parse(std::string("10.0.0.1\0", 9)).has_value());
    CHECK_FALSE(parse_address(std::string("10.0.0.1\0.1", 11)).has_value());
    CHECK_THROWS_AS(Network(address("10.0.0.0"), 33), std::invalid_argument);
    CHECK_THROWS_AS(Network(address("10.0.0.0"), ~0u), std::invalid_argument);
    CHECK_THROWS_AS(Network(address("::"), 129), std::invalid_argument);
}

TEST_CASE("an address is without scope, and as IPv4 where it is mapped") {
    CHECK(parse_address("::ffff:10.0.0.1") == address("10.0.0.1"));
    CHECK(plain_address(address("::ffff:10.0.0.1")) == address("10.0.0.1"));
    CHECK(plain_address(address("fe80::1%1")) == address("fe80::1"));
    CHECK(Network(address("fe80::1%1")) == Network(address("fe80::1")));
    CHECK(network("fe80::/10").contains(address("fe80::1%1")));
}

TEST_CASE("what a network holds") {
    const struct {
        std::string network, inside, outside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
        {"10.0.0.0/8", "::ffff:10.0.0.0", "::ffff:9.255.255.255"},
        {"10.0.0.1", "10.0.0.1", "10.0.0.2"},
        {"10.0.0.128/25", "10.0.0.128", "10.0.0.127"},
        {"0.0.0.0/0", "255.255.255.255", "::1"},
        {"::/0", "ffff::1", "10.0.0.1"},
        {"::/0", "::1", "::ffff:10.0.0.1"},
        {"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
        {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"},
        {"::/95", "::1", "::2:0:0"},
    };
    for (const auto& [text, inside, outside] : cases) {
        CAPTURE(text, inside, outside);
        CHECK(network(text).contains(address(inside)));
        CHECK_FALSE(network(text).contains(address(outside)));
    }
    CHECK(network("10.0.0.0/8").contains(network("10.0.0.0/8")));
    CHECK(network("10.0.0.0/8").contains(network("10.128.0.0/9")));
    CHECK_FALSE(network("10.0.0.0/8").contains(network("10.0.0.0/7")));
    CHECK_FALSE(network("::/0").contains(network("0.0.0.0/0")));
}

TEST_CASE("a network stands before all that it holds") {
    std::vector<Network> sorted;
    for (const char* text :
         {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0", "10.0.0.1", "::/0", "::/1", "::", "::1"}) {
        sorted.push_back(network(text));
    }
    CHECK(std::ranges::is_sorted(sorted));
}

TEST_CASE("a range becomes the fewest networks") {
    using Texts = std::vector<std::string>;
    CHECK(between("10.0.0.0", "10.0.3.255") == Texts{"10.0.0.0/22"});
    CHECK(between("10.0.0.5", "10.0.0.5") == Texts{"10.0.0.5"});
    CHECK(between("10.0.0.1", "10.0.0.6") == Texts{"10.0.0.1", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6"});
    CHECK(between("10.0.0.255", "10.0.1.0") == Texts{"10.0.0.255", "10.0.1.0"});
    CHECK(between("0.0.0.0", "255.255.255.255") == Texts{"0.0.0.0/0"});
    CHECK(between("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == Texts{"::/0"});
    CHECK(between("::ffff:10.0.0.0", "10.0.0.1") == Texts{"10.0.0.0/31"});
    CHECK(between("2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff") == Texts{"2001:db8::/63"});
    CHECK(between("0.0.0.1", "255.255.255.254").size() == 62);
    CHECK(between("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").size() == 254);
    CHECK(between("10.0.0.2", "10.0.0.1").empty());
    CHECK(between("::1", "10.0.0.1").empty());
    CHECK(between("10.0.0.1", "::1").empty());
}
