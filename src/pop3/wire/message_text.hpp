// A message's text as a multi-line response has it. RFC 1939 section 3, compat/pop3.md section 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pop3/wire/command_line.hpp"

namespace postrider::pop3::wire {

/// Each LF becomes CR LF, also behind a CR: that is what sizes count. A dot at the beginning of a line is doubled.
/// Every other byte stays. Text comes in pieces of any size.
class MessageText {
public:
    /// body_lines: how many lines are given behind the empty line that ends the header.
    explicit MessageText(std::uint64_t body_lines = all_lines) : body_lines_(body_lines) {}

    /// Appends to out what the text becomes; nothing more once is_full().
    void add(std::string_view text, std::string& out);
    /// Ends the last line where the text did not; of no text at all it makes an empty line, as Courier does.
    void end_line(std::string& out);
    bool is_full() const { return !in_header_ && body_lines_ == 0; }
    /// Octets of text that were given: a LF is one, doubled dots and added line ends are none.
    std::uint64_t octets() const { return octets_; }

private:
    /// The present line so far.
    enum class Line : std::uint8_t { nothing, cr, text };
    void end_of_line();

    std::uint64_t body_lines_;  ///< still to be given
    std::uint64_t octets_ = 0;
    Line line_ = Line::nothing;
    bool in_header_ = true;
};

}  // namespace postrider::pop3::wire
