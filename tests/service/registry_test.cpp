// Places among the connections: limits at limit - 1, limit and limit + 1; who is ended for whom.
#include "service/registry.hpp"

#include <atomic>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace postrider::service {
namespace {

using Refusal = Registry::Refusal;

boost::asio::ip::address at(const std::string& text) {
    return boost::asio::ip::make_address(text);
}

const auto here = at("192.0.2.1");
const auto there = at("2001:db8::1");

constexpr ConnectionLimits many{1000, 1000};
constexpr LoginLimits many_before_login{1000, 1000, 1000};
constexpr Registry::Limits wide{many, many_before_login};

/// Connections that stay, with how each was ended.
class Guests {
public:
    explicit Guests(Registry& registry) : registry_(registry) {}

    Refusal come(const boost::asio::ip::address& peer, const Registry::Limits& limits, Door door = {}) {
        auto admission = registry_.admit(door, peer, limits);
        if (admission.entry) {
            Guest& guest = guests_.emplace_back(std::move(*admission.entry));
            guest.entry.set_end([&guest](Ending how) { guest.ends.push_back(how); });
        }
        return admission.refusal;
    }
    void log_in(std::size_t which) { of(which).entry.logged_in(); }
    void leave(std::size_t which) { guests_.erase(std::next(guests_.begin(), static_cast<std::ptrdiff_t>(which))); }

    /// Which of them were ended, as "0 2".
    std::string ended() const {
        std::string which;
        std::size_t number = 0;
        for (const Guest& guest : guests_) {
            if (!guest.ends.empty()) {
                CHECK((guest.ends == std::vector{Ending::now}));
                which += (which.empty() ? "" : " ") + std::to_string(number);
            }
            ++number;
        }
        return which;
    }

private:
    struct Guest {
        explicit Guest(Registry::Entry its_entry) : entry(std::move(its_entry)) {}
        Registry::Entry entry;
        std::vector<Ending> ends;
    };
    Guest& of(std::size_t which) { return *std::next(guests_.begin(), static_cast<std::ptrdiff_t>(which)); }

    Registry& registry_;
    std::list<Guest> guests_;
};

TEST_CASE("an address has so many places and no more; each comes back with its entry's end") {
    Registry registry;
    const Registry::Limits limits{{10, 2}, many_before_login};
    auto first = registry.admit({Protocol::imap, Tls::on_request}, here, limits);
    REQUIRE(first.entry.has_value());
    {
        const auto second = registry.admit({Protocol::imap, Tls::on_request}, here, limits);
        CHECK(second.entry.has_value());
        CHECK((second.refusal == Refusal::none));
        const auto third = registry.admit({Protocol::imap, Tls::on_request}, here, limits);
        CHECK_FALSE(third.entry.has_value());
        CHECK((third.refusal == Refusal::address_full));
        CHECK(registry.admit({Protocol::imap, Tls::on_request}, there, limits).entry.has_value());
        CHECK(registry.size() == 2);
    }
    CHECK(registry.size() == 1);
    CHECK(registry.admit({Protocol::imap, Tls::on_request}, here, limits).entry.has_value());
    CHECK(registry.dropped() == 0);
}

TEST_CASE("those of an address that logged in count as well") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{10, 2}, many_before_login};
    CHECK((guests.come(here, limits) == Refusal::none));
    CHECK((guests.come(here, limits) == Refusal::none));
    guests.log_in(0);
    CHECK((guests.come(here, limits) == Refusal::address_full));
}

TEST_CASE("a moved entry keeps one place") {
    Registry registry;
    auto admission = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
    {
        const Registry::Entry moved = std::move(*admission.entry);
        admission.entry.reset();
        CHECK(registry.size() == 1);
    }
    CHECK(registry.size() == 0);
}

TEST_CASE("connections of each door count for themselves") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{1, 1}, {1, 1, 1}};
    const std::vector<Door> doors = {{Protocol::imap, Tls::on_request},
                                     {Protocol::imap, Tls::from_the_start},
                                     {Protocol::pop3, Tls::on_request},
                                     {Protocol::pop3, Tls::from_the_start}};
    REQUIRE(doors.size() == door_count);
    for (const Door door : doors) {
        CHECK((guests.come(here, limits, door) == Refusal::none));
    }
    CHECK(guests.ended().empty());
    for (std::size_t i = 0; i < doors.size(); ++i) {
        CHECK_FALSE(registry.is_full(doors[i], limits));
        guests.log_in(i);
        CHECK(registry.is_full(doors[i], limits));
        CHECK((guests.come(here, limits, doors[i]) == Refusal::address_full));
    }
}

TEST_CASE("the whole is full when all of its places are taken by sessions that logged in") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{2, 10}, many_before_login};
    CHECK_FALSE(registry.is_full({Protocol::imap, Tls::on_request}, limits));
    guests.come(here, limits);
    guests.log_in(0);
    CHECK_FALSE(registry.is_full({Protocol::imap, Tls::on_request}, limits));
    guests.come(there, limits);
    CHECK_FALSE(registry.is_full({Protocol::imap, Tls::on_request}, limits));
    guests.log_in(1);
    CHECK(registry.is_full({Protocol::imap, Tls::on_request}, limits));
    guests.leave(0);
    CHECK_FALSE(registry.is_full({Protocol::imap, Tls::on_request}, limits));
}

TEST_CASE("when all places are taken the oldest before login is ended for the new one, one who logged in never") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{3, 10}, many_before_login};
    for (int i = 0; i < 3; ++i) {
        CHECK((guests.come(here, limits) == Refusal::none));
    }
    CHECK(guests.ended().empty());
    guests.log_in(0);
    CHECK((guests.come(there, limits) == Refusal::none));
    CHECK(guests.ended() == "1");
    CHECK(registry.dropped() == 1);
    guests.log_in(2);
    guests.log_in(3);
    CHECK((guests.come(there, limits) == Refusal::full));
    CHECK(guests.ended() == "1");
    CHECK(registry.dropped() == 1);
    guests.leave(1);
    CHECK((guests.come(there, limits) == Refusal::full));
    guests.leave(0);
    CHECK((guests.come(there, limits) == Refusal::none));
}

TEST_CASE("before login there are so many and no more: the oldest is ended for the new one") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{many, {3, 1000, 1000}};
    for (int i = 0; i < 3; ++i) {
        CHECK((guests.come(i == 0 ? here : there, limits) == Refusal::none));
    }
    CHECK(guests.ended().empty());
    CHECK(registry.before_login() == 3);
    CHECK((guests.come(there, limits) == Refusal::none));
    CHECK(guests.ended() == "0");
    CHECK(registry.before_login() == 3);
    CHECK((guests.come(there, limits) == Refusal::none));
    CHECK(guests.ended() == "0 1");
    CHECK(registry.dropped() == 2);
    guests.log_in(2);
    CHECK(registry.before_login() == 2);
    CHECK((guests.come(there, limits) == Refusal::none));
    CHECK(guests.ended() == "0 1");
}

TEST_CASE("before login an address has so many and no more: its own oldest is ended for its new one") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{many, {1000, 2, 1000}};
    guests.come(there, limits);
    guests.come(here, limits);
    guests.come(here, limits);
    CHECK(guests.ended().empty());
    guests.come(here, limits);
    CHECK(guests.ended() == "1");
    guests.log_in(2);
    guests.come(here, limits);
    CHECK(guests.ended() == "1");
    guests.come(here, limits);
    CHECK(guests.ended() == "1 3");
    CHECK(registry.dropped() == 2);
}

TEST_CASE("for one that comes, one at most is ended") {
    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{2, 10}, {2, 1, 1000}};
    guests.come(there, limits);
    guests.come(here, limits);
    guests.come(here, limits);
    CHECK(guests.ended() == "1");
    CHECK(registry.dropped() == 1);
}

TEST_CASE("one that was dropped before it said how it is ended is ended then, and is dropped once") {
    Registry registry;
    const Registry::Limits limits{many, {1, 1000, 1000}};
    auto early = registry.admit({Protocol::imap, Tls::on_request}, here, limits);
    auto late = registry.admit({Protocol::imap, Tls::on_request}, here, limits);
    CHECK(registry.dropped() == 1);
    std::vector<Ending> ends;
    early.entry->set_end([&](Ending how) { ends.push_back(how); });
    CHECK((ends == std::vector{Ending::now}));
    late.entry->set_end([&](Ending) { ends.push_back(Ending::after_command); });
    CHECK(ends.size() == 1);
    early.entry->logged_in();  // its login was on the way
    CHECK(registry.before_login() == 1);
    early.entry.reset();
    CHECK(registry.before_login() == 1);
    CHECK(registry.size() == 1);
}

TEST_CASE("the /64 of an IPv6 address counts as one, an IPv4-mapped address as IPv4") {
    CHECK(address_key(at("2001:db8:1:2::1")) == address_key(at("2001:db8:1:2:ffff:ffff:ffff:ffff")));
    CHECK(address_key(at("2001:db8:1:2::1")) != address_key(at("2001:db8:1:3::1")));
    CHECK(address_key(at("::ffff:192.0.2.1")) == address_key(here));
    CHECK(address_key(at("::ffff:192.0.2.1")) != address_key(at("::ffff:192.0.2.2")));
    CHECK(address_key(at("fe80::1%1")) == address_key(at("fe80::1")));

    Registry registry;
    Guests guests(registry);
    const Registry::Limits limits{{10, 1}, many_before_login};
    CHECK((guests.come(at("2001:db8:1:2::1"), limits) == Refusal::none));
    CHECK((guests.come(at("2001:db8:1:2:3::1"), limits) == Refusal::address_full));
    CHECK((guests.come(at("2001:db8:1:3::1"), limits) == Refusal::none));
    CHECK((guests.come(at("::ffff:192.0.2.1"), limits) == Refusal::none));
    CHECK((guests.come(here, limits) == Refusal::address_full));
}

TEST_CASE("end_all ends those that are there, those that come to say how, and admits no more") {
    for (const Ending how : {Ending::now, Ending::after_command}) {
        Registry registry;
        std::vector<Ending> ends;
        const auto end = [&ends](Ending its_end) { ends.push_back(its_end); };
        auto early = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
        auto late = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
        early.entry->set_end(end);
        {
            auto over = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
            over.entry->set_end([&ends](Ending) { ends.resize(100); });
        }
        CHECK(ends.empty());
        registry.end_all(how);
        CHECK((ends == std::vector{how}));
        late.entry->set_end(end);
        CHECK((ends == std::vector{how, how}));
        const auto refused = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
        CHECK_FALSE(refused.entry.has_value());
        CHECK((refused.refusal == Refusal::stopping));
        CHECK(registry.size() == 2);
    }
}

TEST_CASE("end_before_login ends those before login, and admits no more") {
    Registry registry;
    Guests guests(registry);
    for (int i = 0; i < 3; ++i) {
        guests.come(here, wide);
    }
    guests.log_in(1);
    auto late = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
    registry.end_before_login();
    CHECK(guests.ended() == "0 2");
    CHECK(registry.dropped() == 0);
    std::vector<Ending> ends;
    late.entry->set_end([&ends](Ending how) { ends.push_back(how); });
    CHECK((ends == std::vector{Ending::now}));
    CHECK((guests.come(there, wide) == Refusal::stopping));
}

TEST_CASE("end_all after the command, then at once: those that are still there hear both") {
    Registry registry;
    std::vector<Ending> ends;
    auto admission = registry.admit({Protocol::imap, Tls::on_request}, here, wide);
    admission.entry->set_end([&](Ending how) { ends.push_back(how); });
    registry.end_all(Ending::after_command);
    registry.end_all(Ending::now);
    CHECK((ends == std::vector{Ending::after_command, Ending::now}));
}

TEST_CASE("entries may come, log in, be dropped and go in many threads", "[threads]") {
    Registry registry;
    const Registry::Limits limits{many, {3, 3, 1000}};
    std::atomic<std::uint64_t> ended = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&registry, &limits, &ended] {
                std::list<Registry::Entry> guests;
                for (int k = 0; k < 500; ++k) {
                    auto admission =
                        registry.admit({Protocol::imap, Tls::on_request}, k % 2 == 0 ? here : there, limits);
                    guests.push_back(std::move(*admission.entry));
                    guests.back().set_end([&ended](Ending) { ++ended; });
                    if (k % 3 == 0) {
                        guests.back().logged_in();
                    }
                    if (guests.size() > 5) {
                        guests.pop_front();
                    }
                }
            });
        }
    }
    CHECK(registry.size() == 0);
    CHECK(registry.before_login() == 0);
    CHECK(registry.dropped() > 0);
    CHECK(ended <= registry.dropped());  // one that is gone at the same time hears nothing
    CHECK_FALSE(registry.is_full({Protocol::imap, Tls::on_request}, {{1, 1}, many_before_login}));
}

}  // namespace
}  // namespace postrider::service
