// The one program: every subcommand is a row of the cli room.
#include "cli/run.hpp"

int main(int argc, char** argv) {
    return postrider::cli::run(argc, argv);
}
