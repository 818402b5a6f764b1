// What postrider-bench can do beside scenarios: a subcommand with options of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::bench {

struct Subcommand {
    std::string_view name;
    std::string_view summary;  ///< one line
    /// program: "postrider-bench stress". Gives the exit code.
    int (*run)(const std::string& program, const std::vector<std::string>& arguments);
};

}  // namespace postrider::bench
