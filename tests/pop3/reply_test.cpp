// Answers that are made of numbers.
#include "pop3/reply.hpp"

#include <limits>
#include <numeric>

#include "support/catch.hpp"

namespace postrider::pop3 {
namespace {

TEST_CASE("QUIT names the messages that are still there") {
    CHECK(not_removed({0}).text == "[SYS/TEMP] Not removed: 1");
    const Reply reply = not_removed({2, 6});
    CHECK(reply.outcome == Outcome::refused);
    CHECK(reply.text == "[SYS/TEMP] Not removed: 3 7");
}

TEST_CASE("QUIT's answer fits into one line, however many there are") {
    std::vector<std::size_t> all(100'000);
    std::iota(all.begin(), all.end(), std::size_t{0});
    CHECK(not_removed(all).text.ends_with(" 120 121 122 and 99878 more"));
    const std::vector<std::size_t> wide(1000, std::numeric_limits<std::size_t>::max() - 1);
    CHECK(not_removed(wide).text.size() + 7 <= 512);
}

}  // namespace
}  // namespace postrider::pop3
