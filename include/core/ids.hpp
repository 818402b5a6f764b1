// Numbers that must not be mixed up: each is a type of its own.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace postrider {

/// A number of one kind. It converts from and to its representation only when asked.
template <class Tag, class Rep>
class Number {
public:
    using rep = Rep;

    constexpr Number() = default;
    constexpr explicit Number(Rep value) : value_(value) {}

    constexpr Rep value() const { return value_; }
    constexpr Number next() const { return Number(static_cast<Rep>(value_ + 1)); }

    friend constexpr auto operator<=>(Number, Number) = default;

private:
    Rep value_ = 0;
};

/// RFC 3501 section 2.3.1.1: 1..2^32-1, ascending in a mailbox; 0 stands for none.
using Uid = Number<struct UidTag, std::uint32_t>;
/// RFC 3501 section 2.3.1.2: 1..EXISTS.
using SeqNum = Number<struct SeqNumTag, std::uint32_t>;
/// RFC 3501 section 2.3.1.1: 1..2^32-1.
using UidValidity = Number<struct UidValidityTag, std::uint32_t>;
/// RFC 7162: rises with every change in a mailbox; 63 bits.
using ModSeq = Number<struct ModSeqTag, std::uint64_t>;

}  // namespace postrider

template <class Tag, class Rep>
struct std::hash<postrider::Number<Tag, Rep>> {
    std::size_t operator()(postrider::Number<Tag, Rep> number) const noexcept {
        return std::hash<Rep>{}(number.value());
    }
};
