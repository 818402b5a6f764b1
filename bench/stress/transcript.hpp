// The last that a session sent and received, for the report of a contradiction.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "client/connection.hpp"

namespace postrider::bench::stress {

/// Lines with their moment, so that those of several sessions can be put in order. Holds about `most` bytes.
class SessionTranscript {
public:
    SessionTranscript(std::chrono::steady_clock::time_point begin, std::size_t most) : begin_(begin), most_(most) {}

    void add(Direction direction, std::string_view bytes);
    /// A line of our own, such as "connected".
    void note(std::string_view text);
    /// Lines "  12.345678 C: a1 NOOP": seconds since the run's begin, C for client, S for server, - for a note.
    std::string text() const;

private:
    void add_line(char who, std::string_view line);

    std::chrono::steady_clock::time_point begin_;
    std::size_t most_;
    std::size_t bytes_ = 0;
    std::deque<std::string> lines_;
    char last_who_ = '-';
    bool is_open_ = false;  ///< the last line has not ended
};

}  // namespace postrider::bench::stress
