// The one program: every subcommand is a row of the cli room.
#include <fcntl.h>
#include <unistd.h>

#include "cli/run.hpp"

int main(int argc, char** argv) {
    // Started without standard descriptors, the first files opened would be taken for them.
    for (int fd = 0; (fd = ::open("/dev/null", O_RDWR)) >= 0;) {
        if (fd > STDERR_FILENO) {
            ::close(fd);
            break;
        }
    }
    return postrider::cli::run(argc, argv);
}
