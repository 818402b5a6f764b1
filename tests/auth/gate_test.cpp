#include "auth/gate.hpp"

#include <string>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

TEST_CASE("a claimed name cannot begin another part of a log line") {
    CHECK(claimed_name("john@example.com") == "john@example.com");
    CHECK(claimed_name("x, ip=[192.0.2.66], y") == "x. ip=[192.0.2.66]. y");
    CHECK(claimed_name("a\r\nb\xC3\xA9\x7F") == "a..b...");
    CHECK(claimed_name(std::string(2000, 'x')).size() <= 1000);
}

}  // namespace
}  // namespace postrider::auth
