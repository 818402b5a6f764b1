// Where the settings are when no option says it.
#pragma once

#include <string>

namespace postrider::cli {

/// $POSTRIDER_CONFIG_DIR, else /etc/courier.
std::string standard_config_folder();

}  // namespace postrider::cli
