// The least that a piece of code costs: to see every line end of its input, or to copy its output.
#pragma once

#include <functional>
#include <string>

namespace postrider::bench {

/// memchr from line end to line end.
std::function<void()> seeing_lines(std::string text);

/// memchr for a byte that is not there: to look at the text once.
std::function<void()> seeing(std::string text);

/// memcpy to another place.
std::function<void()> copying(std::string text);

}  // namespace postrider::bench
