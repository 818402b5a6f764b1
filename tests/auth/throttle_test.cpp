#include <boost/asio/ip/address.hpp>
#include <string>

#include "auth/service.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;

const Throttle::Clock::time_point start{std::chrono::hours(1000)};

/// A new one each time: the address alone counts.
std::string name() {
    static int count = 0;
    return "user" + std::to_string(++count);
}

asio::ip::address address(const std::string& text) {
    return asio::ip::make_address(text);
}

TEST_CASE("each failure doubles the delay, from 2 to 15 seconds") {
    Throttle throttle;
    const auto peer = address("192.0.2.1");
    for (const auto expected : {2s, 4s, 8s, 15s, 15s}) {
        CHECK(throttle.failed(peer, name(), start) == expected);
    }
    for (int i = 0; i < 1000; ++i) {
        CHECK(throttle.failed(peer, name(), start) == 15s);
    }
    CHECK(throttle.failed(address("192.0.2.2"), name(), start) == 2s);
}

TEST_CASE("a success or ten quiet minutes end the delay") {
    Throttle throttle;
    const auto peer = address("192.0.2.1");
    (void)throttle.failed(peer, name(), start);
    CHECK(throttle.failed(peer, name(), start) == 4s);
    throttle.succeeded(peer);
    CHECK(throttle.failed(peer, name(), start) == 2s);
    CHECK(throttle.failed(peer, name(), start + 10min - 1ms) == 4s);
    CHECK(throttle.failed(peer, name(), start + 20min - 2ms) == 8s);
    CHECK(throttle.failed(peer, name(), start + 30min - 2ms) == 2s);
    throttle.succeeded(address("192.0.2.77"));
}

TEST_CASE("IPv6 counts by /48, IPv4 in IPv6 as IPv4") {
    Throttle throttle;
    CHECK(throttle.failed(address("2001:db8:1::1"), name(), start) == 2s);
    CHECK(throttle.failed(address("2001:db8:1:ffff::2"), name(), start) == 4s);
    CHECK(throttle.failed(address("2001:db8:2::1"), name(), start) == 2s);
    CHECK(throttle.failed(address("192.0.2.1"), name(), start) == 2s);
    CHECK(throttle.failed(address("::ffff:192.0.2.1"), name(), start) == 4s);
    CHECK(throttle.failed(address("::ffff:192.0.2.2"), name(), start) == 2s);
}

TEST_CASE("65,536 addresses are remembered at most") {
    Throttle throttle;
    const auto fail_all = [&] {
        int remembered = 0;
        for (std::uint32_t i = 0; i < 70'000; ++i) {
            remembered += throttle.failed(asio::ip::address_v4(0x0A000000u + i), name(), start) > 2s ? 1 : 0;
        }
        return remembered;
    };
    CHECK(fail_all() == 0);
    const int remembered = fail_all();
    CHECK(remembered > 0);
    CHECK(remembered <= 65'536);
}

TEST_CASE("a flood of addresses is counted in bounded memory and time") {
    Throttle throttle;
    for (std::uint32_t i = 0; i < 200'000; ++i) {
        CHECK(throttle.failed(asio::ip::address_v4(0x0A000000u + i), name(), start + std::chrono::milliseconds(i)) ==
              2s);
    }
    const auto peer = address("192.0.2.1");
    (void)throttle.failed(peer, name(), start + 24h);
    CHECK(throttle.failed(peer, name(), start + 24h) == 4s);
}

TEST_CASE("failures at one account add up wherever they come from, and a success elsewhere does not forget them") {
    Throttle throttle;
    CHECK(throttle.failed(address("192.0.2.1"), "ann", start) == 2s);
    CHECK(throttle.failed(address("192.0.2.2"), "ann", start) == 4s);
    throttle.succeeded(address("192.0.2.2"));
    CHECK(throttle.failed(address("192.0.2.3"), "ann", start) == 8s);
    CHECK(throttle.failed(address("192.0.2.4"), "bob", start) == 2s);
    CHECK(throttle.failed(address("192.0.2.5"), "ann", start + 10min) == 2s);
}

TEST_CASE("an account that is called like an address is none") {
    Throttle throttle;
    const std::string bytes("\xC0\x00\x02\x01", 4);
    CHECK(throttle.failed(address("192.0.2.1"), name(), start) == 2s);
    CHECK(throttle.failed(address("192.0.2.9"), bytes, start) == 2s);
}

}  // namespace
}  // namespace postrider::auth
