// The forms in which `postrider who` shows sessions. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "service/control_lines.hpp"

namespace postrider::cli {

/// width: of the terminal, for the last column; 0: none.
std::string who_table(std::span<const service::SessionLine> sessions, std::size_t width);

/// A list with one object a session; times are seconds, memory is bytes.
std::string who_json(std::span<const service::SessionLine> sessions);

}  // namespace postrider::cli
