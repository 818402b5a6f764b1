// The order of what the harness does and sees: one thread counts every sending and every line read, so that two numbers
// tell what was certainly before what, whatever a clock says.
#pragma once

#include <cstdint>
#include <limits>

#include "core/ids.hpp"

namespace postrider::bench::stress {

using Stamp = Number<struct StampTag, std::uint64_t>;

/// Later than everything.
inline constexpr Stamp never{std::numeric_limits<std::uint64_t>::max()};

/// The time in which something happened: not before start, and at the latest at end; `never` while it may still come.
struct Interval {
    Stamp start;
    Stamp end = never;
};

class Moments {
public:
    Stamp tick() { return now_ = now_.next(); }

private:
    Stamp now_;
};

}  // namespace postrider::bench::stress
