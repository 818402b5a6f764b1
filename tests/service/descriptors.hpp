// Descriptors of this process: how many are open, and a new one to give away.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <filesystem>
#include <iterator>

#include "core/descriptor.hpp"

namespace postrider::test {

inline std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

inline Descriptor a_descriptor() {
    return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace postrider::test
