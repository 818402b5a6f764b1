// An IMAP command to be sent, with its literals. RFC 9051 section 2.2.1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::bench {

/// Text and literals in turn; the tag and the last line end are the client's.
class Command {
public:
    Command(std::string text) : parts_{std::move(text)} {}
    Command(const char* text) : parts_{text} {}

    Command& text(std::string_view text);
    /// A synchronising literal of these bytes.
    Command& literal(std::string bytes);
    /// A blank and the string, quoted; a literal where it cannot be quoted.
    Command& string(std::string_view value);

    /// Text at even places, literals at odd ones; at least one text.
    const std::vector<std::string>& parts() const { return parts_; }

private:
    std::vector<std::string> parts_;
};

}  // namespace postrider::bench
