// The forms in which `postrider stats` shows figures, by the rows of figure_rows(). Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "service/control_lines.hpp"

namespace postrider::cli {

/// width: of the terminal, for the last column; 0: none.
std::string stats_table(std::span<const service::Figure> figures, std::size_t width);

/// A list with one object a figure: name, labels, value, type, unit. A figure that has no row has the type null.
std::string stats_json(std::span<const service::Figure> figures);

/// OpenMetrics 1.0 text: families together, as the format demands; names begin with "postrider_".
std::string open_metrics(std::span<const service::Figure> figures);

}  // namespace postrider::cli
