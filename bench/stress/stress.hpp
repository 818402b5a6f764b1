// `postrider-bench stress` as a row of the program's subcommands.
#pragma once

#include "load/subcommand.hpp"

namespace postrider::bench::stress {

extern const Subcommand subcommand_stress;

}  // namespace postrider::bench::stress
