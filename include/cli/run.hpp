// The command line: `postrider SUBCOMMAND ...`, or a link with Courier's name.
#pragma once

namespace postrider::cli {

/// Gives the exit code.
int run(int argc, char** argv);

}  // namespace postrider::cli
