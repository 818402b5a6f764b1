// What the numbers of `postrider stats` mean.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postrider::service {

enum class FigureType : std::uint8_t {
    counter,  ///< only grows, and begins at 0 with the process that counts; its name ends in _total
    gauge,    ///< as it is now
};

struct FigureRow {
    std::string_view name;
    FigureType type;
    std::string_view unit;      ///< "" or the last part of the name: seconds, bytes
    std::string_view sentence;  ///< without its full stop
};

/// A row for every figure that a server has, in the order in which they are shown.
std::span<const FigureRow> figure_rows();

}  // namespace postrider::service
