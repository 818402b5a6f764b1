// Latencies in memory of fixed size: buckets that grow with the value, 128 for each power of two.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postrider::bench {

/// Counts durations. Count, mean and largest are exact; a quantile is never below the true one and at most 1/128
/// (0.8 %) above it. 58 KB, whatever is added.
class Histogram {
public:
    /// A negative duration counts as 0.
    void add(std::chrono::nanoseconds value);
    void add(const Histogram& other);

    std::uint64_t count() const { return count_; }
    /// 0 when nothing was added; the same holds for the others.
    std::chrono::nanoseconds mean() const;
    std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
    /// The smallest value that at least this part (0 to 1) of all values does not exceed.
    std::chrono::nanoseconds quantile(double part) const;

private:
    static constexpr std::size_t steps = 128;  ///< buckets for each power of two
    static constexpr std::size_t buckets = steps * (64 - 7 + 1);

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t largest_in(std::size_t bucket);

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

}  // namespace postrider::bench
