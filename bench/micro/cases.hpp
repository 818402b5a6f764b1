// What postrider-micro measures: pieces of pure code, each with what it must cost at least, where one can say that.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace postrider::bench {

/// A piece of code with its input, which the functions own.
struct Work {
    std::size_t bytes = 0;  ///< of input, or of output where it prints; 0: it has no size
    std::function<void()> once;
    std::function<void()> floor;  ///< the least that touches the same bytes; empty: there is none
};

struct Case {
    std::string name;  ///< "envelope of a header"; the same in every version, for comparisons
    std::function<Work()> make;
};

using Cases = std::vector<Case>;

void add_command_cases(Cases& cases);   ///< commands as they come in, answers as they go out
void add_header_cases(Cases& cases);    ///< headers, envelopes, body structures
void add_text_cases(Cases& cases);      ///< message text to the wire and to search
void add_uid_list_cases(Cases& cases);  ///< the UID list and the names of message files

}  // namespace postrider::bench
