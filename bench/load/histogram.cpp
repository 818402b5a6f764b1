#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace postrider::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
    if (value < steps) {
        return static_cast<std::size_t>(value);
    }
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 8;  // leaves 128 to 255
    return (shift + 1) * steps + static_cast<std::size_t>(value >> shift) - steps;
}

std::uint64_t Histogram::largest_in(std::size_t bucket) {
    if (bucket < steps) {
        return bucket;
    }
    const std::size_t shift = bucket / steps - 1;
    return (static_cast<std::uint64_t>(bucket % steps + steps) << shift) + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::add(std::chrono::nanoseconds value) {
    const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
    ++counts_[bucket_of(nanoseconds)];
    ++count_;
    max_ = std::max(max_, nanoseconds);
    sum_ += static_cast<double>(nanoseconds);
}

void Histogram::add(const Histogram& other) {
    std::transform(counts_.begin(), counts_.end(), other.counts_.begin(), counts_.begin(), std::plus<>());
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
}

std::chrono::nanoseconds Histogram::mean() const {
    return std::chrono::nanoseconds(count_ == 0 ? 0 : std::llround(sum_ / static_cast<double>(count_)));
}

std::chrono::nanoseconds Histogram::quantile(double part) const {
    const double wanted = std::max(1.0, std::ceil(part * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        seen += counts_[bucket];
        if (static_cast<double>(seen) >= wanted) {
            return std::chrono::nanoseconds(std::min(largest_in(bucket), max_));
        }
    }
    return max();
}

}  // namespace postrider::bench
