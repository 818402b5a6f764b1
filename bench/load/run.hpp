// One scenario from its command line to its report, and the exit codes.
#pragma once

#include <string>
#include <vector>

#include "load/scenario.hpp"

namespace postrider::bench {

constexpr int exit_failed = 1;       ///< it could not be run to the end, or there were unexpected answers
constexpr int exit_usage = 2;        ///< wrong options; one line says what to do
constexpr int exit_unsupported = 3;  ///< the server lacks the command

/// program: "postrider-bench select". Gives the exit code.
int run_scenario(const Scenario& scenario, const std::string& program, const std::vector<std::string>& arguments);

}  // namespace postrider::bench
