#include "store/maildir/filename.hpp"

#include <set>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace postrider::store;
using namespace postrider::store::maildir;

TEST_CASE("a base name ends at the last colon") {
    CHECK(base_of("1.a:2,S") == "1.a");
    CHECK(base_of("1.a:b:2,S") == "1.a:b");
    CHECK(base_of("1.a") == "1.a");
    CHECK(base_of(":2,S").empty());
}

TEST_CASE("flags stand behind :2, alone") {
    CHECK(flags_of("1.a:2,DFRST").bits() == 31);
    CHECK(flags_of("1.a:2,SPxT") == (Flag::seen | Flag::deleted));
    CHECK(flags_of("1.a:1,S").empty());
    CHECK(flags_of("1.a:S").empty());
    CHECK(flags_of("1.S").empty());
    CHECK(flags_of("1.a:2,S:2,F") == Flags(Flag::flagged));
}

TEST_CASE("new flags keep the letters that are not ours, in ASCII order") {
    CHECK(with_flags("1.a", {}) == "1.a:2,");
    CHECK(with_flags("1.a:2,S", {}) == "1.a:2,");
    CHECK(with_flags("1.a:2,", Flag::deleted | Flag::draft) == "1.a:2,DT");
    CHECK(with_flags("1.a:2,bSaPb", Flag::flagged | Flag::seen) == "1.a:2,FPSab");
    CHECK(with_flags("1.a:2,S,x\x01", Flag::seen) == "1.a:2,Sx");
    CHECK(with_flags("1.a:b:2,", Flag::seen) == "1.a:b:2,S");
}

TEST_CASE("the size is the number behind the last ,S=") {
    CHECK(size_of("1.a,S=23:2,S") == 23u);
    CHECK(size_of("1.a,S=23,W=24") == 23u);
    CHECK(size_of("1.a,S=1,S=2") == 2u);
    CHECK(size_of("1.a,S=18446744073709551615") == 18446744073709551615u);
    CHECK_FALSE(size_of("1.a,S=18446744073709551616"));
    CHECK_FALSE(size_of("1.a,S=:2,S"));
    CHECK_FALSE(size_of("1.a,S=2x"));
    CHECK_FALSE(size_of("1.a:2,S=5"));
    CHECK_FALSE(size_of("1.a"));
}

TEST_CASE("messages are delivered in the order of their leading numbers") {
    CHECK((delivery_order("9.b", "10.a") < 0));
    CHECK((delivery_order("99999999999999999999999.a", "100000000000000000000000.a") < 0));
    CHECK((delivery_order("010.a", "10.b") < 0));
    CHECK((delivery_order("10.a:2,S", "10.a") == 0));
    CHECK((delivery_order("10.a", "10.a-") < 0));
    CHECK((delivery_order("a", "1.a") < 0));
    CHECK((delivery_order("010.a", "10.a") != 0));
    CHECK((delivery_order("10.a:x:2,", "10.a:y:2,") < 0));
}

TEST_CASE("unique names are never twice the same, whatever thread asks") {
    std::vector<std::vector<std::string>> made(4);
    std::vector<std::thread> threads;
    for (auto& names : made) {
        threads.emplace_back([&names] {
            for (int i = 0; i < 1000; ++i) {
                names.push_back(unique_name("h"));
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::set<std::string> all;
    for (const auto& names : made) {
        all.insert(names.begin(), names.end());
    }
    CHECK(all.size() == 4000);
}

TEST_CASE("the host cannot lead out of tmp/ or break a list") {
    const auto name = unique_name("a/b:c\nd");
    CHECK(name.ends_with(".a\\057b\\072c_d"));
    CHECK(unique_name("").ends_with(".localhost"));
    CHECK(delivered_name(unique_name(std::string(300, ':')), 1, 2, 3).size() < 255);
    CHECK(delivered_name(unique_name(std::string(300, 'x')), ~0ull, ~0ull, ~0ull).size() < 255);
}

TEST_CASE("a delivered name has Courier's parts in Courier's order") {
    CHECK(delivered_name("1795285861.M452088P15215_0.vm", 0xFE00, 0xAACB2D, 23) ==
          "1795285861.M452088P15215V000000000000FE00I0000000000AACB2D_0.vm,S=23");
}
