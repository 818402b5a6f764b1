#include "load/options.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load/message.hpp"
#include "load/proc_files.hpp"
#include "load/report.hpp"
#include "load/server_cost.hpp"
#include "load/target.hpp"
#include "support/catch.hpp"

namespace postrider::bench {
namespace {

std::optional<Options> parsed(const std::vector<std::string>& arguments, const std::vector<OwnOption>& own = {}) {
    return parse_options("postrider-bench test", "A test.", own, 7, arguments);
}

TEST_CASE("options have their defaults and values") {
    const auto few = parsed({"--port", "143", "--account", "ann:a:b"});
    REQUIRE(few);
    CHECK(few->port == 143);
    CHECK(few->count == 7);
    CHECK(few->accounts.front().user == "ann");
    CHECK(few->accounts.front().password == "a:b");
    CHECK_FALSE(few->duration);
    const auto more = parsed({"--port", "1", "--account", "a:b", "--account", "c:d", "--tls", "implicit", "--resume",
                              "--duration", "0.5", "--connections", "3", "--threads", "8", "--batch", "5"},
                             {OwnOption::batch});
    REQUIRE(more);
    CHECK(more->accounts.size() == 2);
    CHECK(more->security == Security::implicit);
    CHECK(more->duration == std::chrono::duration<double>(0.5));
    CHECK(more->threads == 3);
    CHECK(more->batch == 5);
}

TEST_CASE("wrong options are refused") {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"--port", "143"},
        {"--account", "a:b"},
        {"--port", "70000", "--account", "a:b"},
        {"--port", "143", "--account", "nocolon"},
        {"--port", "143", "--account", "a:b", "--accounts", "file"},
        {"--port", "143", "--accounts", "/nonexistent"},
        {"--port", "143", "--account", "a:b", "--connections", "0"},
        {"--port", "143", "--account", "a:b", "--batch", "5"},
        {"--port", "143", "--account", "a:b", "--resume"},
        {"--port", "143", "--account", "a:b", "--tls", "maybe"},
    };
    for (const auto& arguments : wrong) {
        CHECK_THROWS_AS(parsed(arguments), UsageError);
    }
}

TEST_CASE("sequence sets are short, and shares are whole") {
    CHECK(sequence_set({}).empty());
    CHECK(sequence_set({1, 2, 3, 7, 9, 10}) == "1:3,7,9:10");
    std::uint32_t next = 1;
    for (unsigned share = 0; share < 7; ++share) {
        const auto [first, last] = share_of(100, share, 7);
        CHECK(first == next);
        next = last + 1;
    }
    CHECK(next == 101);
}

TEST_CASE("messages have their exact size and are the same again") {
    for (const std::size_t size : {500u, 501u, 560u, 561u, 562u, 14'000u}) {
        MessageText one(3, 0, size);
        MessageText other(3, 0, size);
        const std::string text = one.next();
        CHECK(text.size() == size);
        CHECK(text == other.next());
        CHECK(text != one.next());
        CHECK(text.ends_with("\r\n"));
        CHECK(std::count(text.begin(), text.end(), '\r') == std::count(text.begin(), text.end(), '\n'));
    }
}

TEST_CASE("medians are taken of every number, at every depth") {
    namespace json = boost::json;
    const std::vector<json::value> runs = {json::object{{"a", 1}, {"in", {{"b", 5.0}}}, {"none", nullptr}},
                                           json::object{{"a", 9}, {"in", {{"b", 1.0}}}, {"none", nullptr}},
                                           json::object{{"a", 2}, {"in", {{"b", 3.0}}}, {"none", nullptr}}};
    CHECK(median_of(runs) == json::value(json::object{{"a", 2.0}, {"in", {{"b", 3.0}}}, {"none", nullptr}}));
    const std::vector<json::value> two = {1, 2};
    CHECK(median_of(two) == json::value(1.5));
    CHECK(median_of({}).is_null());
}

TEST_CASE("/proc texts are read as they are") {
    CHECK(number_of("Rss:  5 kB\nPss:    12 kB\nPss_Dirty: 3 kB\n", "Pss:") == 12);
    CHECK(number_of("usage_usec 77\nuser_usec 5\n", "usage_usec") == 77);
    CHECK(number_of("kernel_stack 3\nkernel 9\n", "kernel") == 9);
    CHECK(number_of("", "Pss:") == 0);
    CHECK(ticks_of_ended_children("7 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 11 12 13 14 20 0") == 27);
    CHECK(ticks_of_ended_children("") == 0);
}

TEST_CASE("a cgroup that is ours too is not the server's") {
    const CgroupFiles same = find_cgroup_files("4:memory:/x\n0::/x\n", "4:memory:/x\n0::/x\n");
    CHECK(same.cpu_stat.empty());
    CHECK(same.memory_stat.empty());
    CHECK(same.kmem_usage.empty());
}

TEST_CASE("a process that is not there is no server") {
    CHECK_THROWS(ServerProcesses({0x3FFFFFFF}));
}

}  // namespace
}  // namespace postrider::bench
