#include "core/descriptor.hpp"

#include <unistd.h>

namespace postrider {

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

}  // namespace postrider
