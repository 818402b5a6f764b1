#include "service/registry.hpp"

#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace postrider::service {
namespace {

const auto here = boost::asio::ip::make_address("192.0.2.1");
const auto there = boost::asio::ip::make_address("2001:db8::1");

TEST_CASE("an address has so many places and no more; each comes back with its entry's end") {
    Registry registry;
    const ConnectionLimits limits{10, 2};
    auto first = registry.admit(Tls::on_request, here, limits);
    REQUIRE(first.entry.has_value());
    {
        const auto second = registry.admit(Tls::on_request, here, limits);
        CHECK(second.entry.has_value());
        const auto third = registry.admit(Tls::on_request, here, limits);
        CHECK_FALSE(third.entry.has_value());
        CHECK((third.refusal == Registry::Refusal::address_full));
        CHECK(registry.admit(Tls::on_request, there, limits).entry.has_value());
        CHECK(registry.size() == 2);
    }
    CHECK(registry.size() == 1);
    CHECK(registry.admit(Tls::on_request, here, limits).entry.has_value());
}

TEST_CASE("listeners of the two kinds count for themselves") {
    Registry registry;
    const ConnectionLimits limits{1, 1};
    const auto plain = registry.admit(Tls::on_request, here, limits);
    CHECK(registry.is_full(Tls::on_request, limits));
    CHECK_FALSE(registry.is_full(Tls::from_the_start, limits));
    const auto tls = registry.admit(Tls::from_the_start, here, limits);
    CHECK(tls.entry.has_value());
    CHECK(registry.is_full(Tls::from_the_start, limits));
}

TEST_CASE("the whole is full at its limit") {
    Registry registry;
    const ConnectionLimits limits{2, 10};
    CHECK_FALSE(registry.is_full(Tls::on_request, limits));
    const auto first = registry.admit(Tls::on_request, here, limits);
    CHECK_FALSE(registry.is_full(Tls::on_request, limits));
    {
        const auto second = registry.admit(Tls::on_request, there, limits);
        CHECK(registry.is_full(Tls::on_request, limits));
    }
    CHECK_FALSE(registry.is_full(Tls::on_request, limits));
}

TEST_CASE("stop_all stops those that are there, those that come to say how, and admits no more") {
    Registry registry;
    const ConnectionLimits limits{10, 10};
    int stopped = 0;
    auto early = registry.admit(Tls::on_request, here, limits);
    auto late = registry.admit(Tls::on_request, here, limits);
    early.entry->set_stop([&] { ++stopped; });
    {
        auto ended = registry.admit(Tls::on_request, here, limits);
        ended.entry->set_stop([&] { stopped += 100; });
    }
    CHECK(stopped == 0);
    registry.stop_all();
    CHECK(stopped == 1);
    late.entry->set_stop([&] { ++stopped; });
    CHECK(stopped == 2);
    const auto refused = registry.admit(Tls::on_request, here, limits);
    CHECK_FALSE(refused.entry.has_value());
    CHECK((refused.refusal == Registry::Refusal::stopping));
}

TEST_CASE("entries may come and go in many threads", "[threads]") {
    Registry registry;
    const ConnectionLimits limits{1000, 1000};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&registry, &limits] {
                for (int k = 0; k < 500; ++k) {
                    auto admission = registry.admit(Tls::on_request, here, limits);
                    if (admission.entry) {
                        admission.entry->set_stop([] {});
                    }
                }
            });
        }
    }
    CHECK(registry.size() == 0);
    CHECK_FALSE(registry.is_full(Tls::on_request, ConnectionLimits{1, 1}));
}

}  // namespace
}  // namespace postrider::service
