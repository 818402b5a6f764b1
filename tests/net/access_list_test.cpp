// Who may connect. compat/config.md sections 10.1 and 10.2.
#include "net/access_list.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::net;

namespace {

using Line = std::pair<std::string, std::string>;

AccessList list(const std::vector<Line>& lines) {
    std::vector<AccessEntry> entries;
    for (const auto& [key, value] : lines) {
        const auto rule = parse_access_rule(key, value);
        CAPTURE(key, value);
        REQUIRE(rule.has_value());
        for (const Network& network : rule->networks) {
            entries.push_back({.network = network, .access = rule->access});
        }
    }
    return AccessList(std::move(entries));
}

Access of(const AccessList& access, const std::string& address) {
    return access.of(asio::ip::make_address(address));
}

std::vector<std::string> networks(const std::string& key) {
    std::vector<std::string> texts;
    const auto rule = parse_access_rule(key, "deny");
    CAPTURE(key);
    REQUIRE(rule.has_value());
    for (const Network& network : rule->networks) {
        texts.push_back(network.text());
    }
    return texts;
}

/// The same question, answered by looking at every entry.
Access by_looking_at_all(const std::vector<AccessEntry>& entries, const asio::ip::address& address) {
    const AccessEntry* nearest = nullptr;
    for (const AccessEntry& entry : entries) {
        if (entry.network.contains(address) && (nearest == nullptr || nearest->network.contains(entry.network))) {
            nearest = &entry;
        }
    }
    return nearest == nullptr ? Access() : nearest->access;
}

}  // namespace

TEST_CASE("keys of the access list") {
    using Texts = std::vector<std::string>;
    CHECK(networks("127.0.0.7") == Texts{"127.0.0.7"});
    CHECK(networks("127.0.0") == Texts{"127.0.0.0/24"});
    CHECK(networks("127.0") == Texts{"127.0.0.0/16"});
    CHECK(networks("127") == Texts{"127.0.0.0/8"});
    CHECK(networks("0") == Texts{"0.0.0.0/8"});
    CHECK(networks(":3ffe") == Texts{"3ffe::/16"});
    CHECK(networks(":3ffe:0000") == Texts{"3ffe::/32"});
    CHECK(networks(":3FFE:00a0:0001") == Texts{"3ffe:a0:1::/48"});
    CHECK(networks(":3ffe:0000:0000:0000:0000:0000:0000:0001") == Texts{"3ffe::1"});
    CHECK(networks("::1") == Texts{"::1"});
    CHECK(networks("3ffe::1") == Texts{"3ffe::1"});
    CHECK(networks("10.0.0.0/22") == Texts{"10.0.0.0/22"});
    CHECK(networks("2001:db8::/33") == Texts{"2001:db8::/33"});
    CHECK(networks("10.0.0.1-10.0.0.4") == Texts{"10.0.0.1", "10.0.0.2/31", "10.0.0.4"});
    CHECK(networks("::1-::2") == Texts{"::1", "::2"});
    CHECK(networks("*") == Texts{"0.0.0.0/0", "::/0"});
    for (const std::string key : {"",
                                  "127.",
                                  ".127",
                                  "127.0.0.",
                                  "127..0",
                                  "256",
                                  "127.256",
                                  "-1",
                                  "127.0.0.1.1",
                                  "007",
                                  "127.00",
                                  "1 2",
                                  ":",
                                  ":3ff",
                                  ":3ffe:",
                                  ":3ffe:0",
                                  ":3ffe:000g",
                                  ":3ffe:00000",
                                  "3ffe",
                                  "3ffe:0000",
                                  ":3ffe/16",
                                  "127.0/16",
                                  ":0000:0000:0000:0000:0000:0000:0000:0000:0000",
                                  "10.0.0.0/33",
                                  "10.0.0.2-10.0.0.1",
                                  "10.0.0.1-",
                                  "-10.0.0.1",
                                  "10.0.0-10.0.1",
                                  "10.0.0.1-::1",
                                  "10.0.0.1-10.0.0.2-10.0.0.3",
                                  "**",
                                  "*.143",
                                  "host.example.com"}) {
        CAPTURE(key);
        CHECK_FALSE(parse_access_rule(key, "deny").has_value());
    }
}

TEST_CASE("values of the access list") {
    const auto access = [](const std::string& value) {
        const auto rule = parse_access_rule("*", value);
        CAPTURE(value);
        REQUIRE(rule.has_value());
        return rule->access;
    };
    CHECK(access("deny") == Access{.allowed = false, .per_address = {}});
    CHECK(access("allow") == Access());
    CHECK(access("allow,MAXCPERIP=1") == Access{.allowed = true, .per_address = 1});
    CHECK(access("allow,MAXCPERIP=1000000").per_address == 1'000'000u);
    CHECK(access("allow,MAXCPERIP=\"7\",X").per_address == 7u);
    CHECK(access("allow,MAXCPERIP=3,FOO=\"a,MAXCPERIP=9\",BAR").per_address == 3u);
    CHECK(access("allow,MAXCPERIP=1,MAXCPERIP=2").per_address == 2u);
    using Names = std::vector<std::string>;
    CHECK(parse_access_rule("*", "allow,FOO=\"a,b\",BAR,BAZ='c\"',BLOCK=,LAST=x")->unused ==
          Names{"FOO", "BAR", "BAZ", "BLOCK", "LAST"});
    for (const std::string value : {"",
                                    "1",
                                    "Deny",
                                    "denied",
                                    "deny,",
                                    "deny,X",
                                    "allowed",
                                    "ALLOW",
                                    "allow ",
                                    "allow,",
                                    "allow,,",
                                    "allow,=1",
                                    "allow,X,",
                                    "allow,X=\"a",
                                    "allow,X='",
                                    "allow,X=\"a\"b",
                                    "allow,MAXCPERIP",
                                    "allow,MAXCPERIP=",
                                    "allow,MAXCPERIP=0",
                                    "allow,MAXCPERIP=1000001",
                                    "allow,MAXCPERIP=-1",
                                    "allow,MAXCPERIP=18446744073709551617",
                                    "allow,MAXCPERIP=1x"}) {
        CAPTURE(value);
        CHECK_FALSE(parse_access_rule("*", value).has_value());
    }
    CHECK(parse_access_rule("127.0", "deny,").error().offset == 6);
}

TEST_CASE("the nearest entry decides") {
    const AccessList access = list({{"127.0.0.7", "deny"},
                                    {"127.0.0.8", "allow,MAXCPERIP=1"},
                                    {"127.0.0", "allow"},
                                    {"127.0", "deny"},
                                    {":3ffe", "deny"},
                                    {":3ffe:0001", "allow,MAXCPERIP=9"},
                                    {"10.0.0.0/9", "deny"}});
    CHECK_FALSE(of(access, "127.0.0.7").allowed);
    CHECK_FALSE(of(access, "::ffff:127.0.0.7").allowed);
    CHECK(of(access, "127.0.0.8") == Access{.allowed = true, .per_address = 1});
    CHECK(of(access, "127.0.0.9") == Access());
    CHECK_FALSE(of(access, "127.0.1.0").allowed);
    CHECK(of(access, "127.1.0.0").allowed);
    CHECK(of(access, "10.127.255.255").allowed == false);
    CHECK(of(access, "10.128.0.0").allowed);
    CHECK_FALSE(of(access, "3ffe::1").allowed);
    CHECK(of(access, "3ffe:1::1").per_address == 9u);
    CHECK(of(access, "3fff::1").allowed);
    CHECK(of(access, "0.0.0.0").allowed);
}

TEST_CASE("a star is for all that no other entry holds") {
    const AccessList access = list({{"*", "deny"}, {"10", "allow"}, {":2001", "allow"}});
    CHECK_FALSE(of(access, "11.0.0.1").allowed);
    CHECK_FALSE(of(access, "::1").allowed);
    CHECK(of(access, "10.0.0.1").allowed);
    CHECK(of(access, "2001::1").allowed);
}

TEST_CASE("without entries everybody may connect") {
    CHECK(of(AccessList(), "10.0.0.1") == Access());
    CHECK(of(AccessList(), "::1") == Access());
    CHECK(AccessList().entries().empty());
}

TEST_CASE("a list goes over to another process as its entries") {
    const AccessList access = list({{"*", "allow"}, {"10.0.0.1-10.0.0.4", "deny"}, {"10", "allow,MAXCPERIP=2"}});
    CHECK(access.entries().size() == 6);
    const AccessList other(access.entries());
    CHECK(other.entries() == access.entries());
    CHECK_FALSE(of(other, "10.0.0.4").allowed);
    CHECK(of(other, "10.0.0.5").per_address == 2u);
}

TEST_CASE("one network has one entry, and the list has a limit") {
    CHECK_THROWS_AS(list({{"10.0", "deny"}, {"10.0.0.0/16", "allow"}}), std::invalid_argument);
    CHECK_THROWS_AS(list({{"*", "deny"}, {"::/0", "deny"}}), std::invalid_argument);
    std::vector<AccessEntry> entries;
    for (std::uint32_t i = 0; i < limits::access_entries; ++i) {
        entries.push_back({.network = Network(asio::ip::address_v4(i)), .access = {}});
    }
    CHECK(AccessList(entries).entries().size() == limits::access_entries);
    entries.push_back({.network = Network(asio::ip::address_v4(~0u)), .access = {}});
    CHECK_THROWS_AS(AccessList(std::move(entries)), std::invalid_argument);
}

TEST_CASE("the answer is that of looking at every entry") {
    std::mt19937 random(7);
    const auto address = [&random]() -> asio::ip::address {
        if (random() % 2 == 0) {
            return asio::ip::address_v4(random() & 0x0303'0303);
        }
        asio::ip::address_v6::bytes_type bytes{};
        for (const std::size_t at : {0, 1, 7, 15}) {
            bytes[at] = static_cast<unsigned char>(random() & 3);
        }
        return asio::ip::address_v6(bytes);
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<AccessEntry> entries;
        for (std::size_t size = random() % 40; entries.size() < size;) {
            const auto at = address();
            const Network network(at, static_cast<unsigned>(random() % (at.is_v4() ? 33 : 129)));
            if (std::ranges::find(entries, network, &AccessEntry::network) == entries.end()) {
                entries.push_back(
                    {.network = network, .access = {.allowed = random() % 2 == 0, .per_address = entries.size()}});
            }
        }
        const AccessList access(entries);
        for (int i = 0; i < 100; ++i) {
            const auto client = address();
            CAPTURE(round, client.to_string());
            REQUIRE(access.of(client) == by_looking_at_all(entries, client));
        }
    }
}
