// From lines as they lie on disk (LF, or CRLF) to lines on the wire (CRLF). RFC 3501 section 4.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::imap {

/// Appends text with a CR before each LF that has none. Text may come in pieces. A window of octets can be cut out:
/// the first `skip` are left out, then at most `left` are given.
class WireText {
public:
    WireText(std::uint64_t skip, std::uint64_t left) : skip_(skip), left_(left) {}

    void add(std::string_view disk_text, std::string& out);
    /// Octets still to be given.
    std::uint64_t left() const { return left_; }

private:
    void put(std::string_view octets, std::string& out);

    std::uint64_t skip_;
    std::uint64_t left_;
    bool after_cr_ = false;
};

std::string to_wire(std::string_view disk_text);

}  // namespace postrider::imap
