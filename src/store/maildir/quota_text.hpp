// maildirsize as text: limits in the first line, then one line for each change of use. Format: docs/maildir.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::store::maildir {

/// 0: no limit of that kind.
struct QuotaLimits {
    std::uint64_t bytes = 0;
    std::uint64_t messages = 0;

    bool any() const { return bytes != 0 || messages != 0; }
    friend bool operator==(const QuotaLimits&, const QuotaLimits&) = default;
};

/// What messages use of a quota, or a change of it. Sums stop at the ends of the range.
struct Usage {
    std::int64_t bytes = 0;
    std::int64_t messages = 0;

    Usage& operator+=(const Usage& other);
    Usage operator-() const;
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// What a maildirsize says.
struct QuotaFile {
    QuotaLimits limits;
    Usage used;             ///< the sum of the lines; not below 0 when the file is sound
    std::size_t lines = 0;  ///< of use
    bool damaged =
        false;  ///< a line is not two numbers in their range, the last line has no end, or the sum is below 0
};

/// "<bytes>S" and "<messages>C" in any order; of two of a kind the last counts. As Courier does, everything else is
/// passed over; a number too large is the largest. Pure, any bytes.
QuotaLimits parse_quota_limits(std::string_view text);
/// "10000S,3C"; no limits: "".
std::string print_quota_limits(const QuotaLimits& limits);

/// The whole file. Pure, any bytes, linear.
QuotaFile parse_quota_file(std::string_view text);
/// One line with its end, as Courier writes it.
std::string print_usage(const Usage& usage);

/// Whether this much can be used. used: below 0 counts as 0.
bool fits(const QuotaLimits& limits, const Usage& used);

}  // namespace postrider::store::maildir
