// Where log lines go: spdlog behind core/log.hpp. compat/config.md section 11.
#pragma once

#include <functional>

#include "service/settings.hpp"

namespace postrider::service {

/// Opens what the settings name; the result puts it in the place of the present sink and cannot fail.
/// Throws std::exception when a log file cannot be opened.
std::function<void()> prepared_log(const Settings& settings);

/// Both at once.
void start_log(const Settings& settings);

}  // namespace postrider::service
