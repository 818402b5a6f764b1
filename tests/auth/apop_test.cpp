#include "auth/apop.hpp"

#include <string>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

constexpr const char* timestamp = "<1896.697170952@dbc.mtview.ca.us>";

TEST_CASE("the digest of RFC 1939 fits its password alone") {
    const std::string digest = "c4c9334bac560ecc979e58001b3e22fb";
    CHECK(apop_matches(digest, timestamp, "{PLAIN}tanstaaf"));
    CHECK(apop_matches("C4C9334BAC560ECC979E58001B3E22FB", timestamp, "{plain}tanstaaf"));
    CHECK_FALSE(apop_matches(digest, timestamp, "{PLAIN}tanstaag"));
    CHECK_FALSE(apop_matches(digest, "<1897.697170952@dbc.mtview.ca.us>", "{PLAIN}tanstaaf"));
    CHECK_FALSE(apop_matches(digest.substr(1), timestamp, "{PLAIN}tanstaaf"));
    CHECK_FALSE(apop_matches("", timestamp, "{PLAIN}tanstaaf"));
}

TEST_CASE("a stored form that does not tell the password fits no digest") {
    // of the timestamp alone, and with "tanstaaf"
    for (const auto* digest : {"6d7379174f7df9fb329480e5c47c1f1a", "c4c9334bac560ecc979e58001b3e22fb"}) {
        for (const auto* stored : {"", "*", "x", "tanstaaf", "{PLAIN}", "{CRYPT}tanstaaf", "{MD5}tanstaaf"}) {
            INFO(stored);
            CHECK_FALSE(apop_matches(digest, timestamp, stored));
        }
    }
}

TEST_CASE("a digest is 32 hex digits") {
    CHECK(is_apop_digest("c4c9334bac560ecc979e58001b3e22fb"));
    CHECK(is_apop_digest("C4C9334BAC560ECC979E58001B3E22FB"));
    CHECK_FALSE(is_apop_digest("c4c9334bac560ecc979e58001b3e22f"));
    CHECK_FALSE(is_apop_digest("c4c9334bac560ecc979e58001b3e22fbb"));
    CHECK_FALSE(is_apop_digest("c4c9334bac560ecc979e58001b3e22fg"));
    CHECK_FALSE(is_apop_digest(""));
}

TEST_CASE("no timestamp comes twice") {
    const std::string one = make_apop_timestamp();
    CHECK(one.starts_with('<'));
    CHECK(one.ends_with("@postrider>"));
    CHECK(one != make_apop_timestamp());
}

}  // namespace
}  // namespace postrider::auth
