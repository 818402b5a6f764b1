// Where log lines go: spdlog behind core/log.hpp. compat/config.md section 11.
#pragma once

#include "service/settings.hpp"

namespace postrider::service {

/// Replaces the sink. Throws std::runtime_error when a log file cannot be opened.
void start_log(const Settings& settings);

}  // namespace postrider::service
