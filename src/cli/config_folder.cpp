#include "cli/config_folder.hpp"

#include <cstdlib>

namespace postrider::cli {

std::string standard_config_folder() {
    const char* named = std::getenv("POSTRIDER_CONFIG_DIR");
    return named != nullptr && *named != '\0' ? named : "/etc/courier";
}

}  // namespace postrider::cli
