// How much memory operator new has given out and not got back. Counted for the whole test program.
#pragma once

#include <cstddef>

namespace postrider::net::test {

std::size_t live_bytes();

}  // namespace postrider::net::test
