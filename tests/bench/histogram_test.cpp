#include "load/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace postrider::bench {
namespace {

using std::chrono::nanoseconds;

TEST_CASE("an empty histogram is all zero") {
    const Histogram histogram;
    CHECK(histogram.count() == 0);
    CHECK(histogram.mean().count() == 0);
    CHECK(histogram.max().count() == 0);
    CHECK(histogram.quantile(0.5).count() == 0);
}

TEST_CASE("small values are exact, a negative one is 0") {
    Histogram histogram;
    for (int value = -1; value <= 100; ++value) {
        histogram.add(nanoseconds(value));
    }
    CHECK(histogram.count() == 102);
    CHECK(histogram.quantile(0).count() == 0);
    CHECK(histogram.quantile(0.5).count() == 49);
    CHECK(histogram.quantile(1).count() == 100);
}

TEST_CASE("a quantile is never below the true one and at most 1/128 above it") {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(0, 62);
    std::vector<std::int64_t> values = {127, 128, 129, 255, 256, 257, std::numeric_limits<std::int64_t>::max()};
    while (values.size() < 10'000) {
        values.push_back(static_cast<std::int64_t>(std::exp2(exponent(random))));
    }
    Histogram histogram;
    for (const auto value : values) {
        histogram.add(nanoseconds(value));
    }
    std::sort(values.begin(), values.end());
    for (const double part : {0.001, 0.1, 0.5, 0.9, 0.99, 1.0}) {
        const auto index = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size()))) - 1;
        const auto given = static_cast<double>(histogram.quantile(part).count());
        const auto exact = static_cast<double>(values[index]);
        CHECK(given >= exact);
        CHECK(given <= exact * (1 + 1.0 / 128));
    }
    CHECK(histogram.max().count() == values.back());
}

TEST_CASE("two histograms added are one of all values") {
    Histogram one;
    Histogram other;
    Histogram all;
    for (int value = 1; value < 2000; ++value) {
        (value % 3 == 0 ? one : other).add(nanoseconds(value * 977));
        all.add(nanoseconds(value * 977));
    }
    one.add(other);
    CHECK(one.count() == all.count());
    CHECK(one.mean() == all.mean());
    CHECK(one.quantile(0.9) == all.quantile(0.9));
    CHECK(one.max() == all.max());
}

}  // namespace
}  // namespace postrider::bench
