// Random choices that a seed repeats on every machine: SplitMix64, since the distributions of <random> differ between
// libraries. The constants are those of its publication (Steele, Lea, Flood 2014).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace postrider::bench::stress {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    /// 0 .. limit - 1; limit is not 0.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class Things>
    auto& one_of(Things& things) {
        return things[below(std::size(things))];
    }

private:
    std::uint64_t state_;
};

}  // namespace postrider::bench::stress
