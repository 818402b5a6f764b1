// What one thread of a run has counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "load/histogram.hpp"

namespace postrider::bench {

struct Traffic {
    std::uint64_t received = 0;  ///< bytes of the protocol, decrypted
    std::uint64_t sent = 0;
};

/// Errors by their text, at most max_texts different ones; all others are counted together.
class ErrorTexts {
public:
    static constexpr std::size_t max_texts = 50;

    void add(const std::string& text, std::uint64_t times = 1);
    std::uint64_t count() const { return count_; }
    const std::map<std::string, std::uint64_t>& texts() const { return texts_; }

private:
    std::map<std::string, std::uint64_t> texts_;
    std::uint64_t count_ = 0;
};

struct Tally {
    std::uint64_t operations = 0;  ///< in the scenario's unit
    Histogram latency;
    ErrorTexts errors;
    Traffic traffic;
    std::map<std::string, double> extra;                ///< sums, by what they count
    std::map<std::string, Histogram> latency_of_kinds;  ///< where a scenario has several kinds of operations

    void done(std::uint64_t count, std::chrono::nanoseconds took) {
        operations += count;
        latency.add(took);
    }
    void add(const Tally& other);
};

}  // namespace postrider::bench
