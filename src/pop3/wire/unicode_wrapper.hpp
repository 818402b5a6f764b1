// The message that stands for one with characters beyond ASCII in its header, where the client did not say UTF8.
// RFC 6856 section 2.1, compat/pop3.md section 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postrider::pop3::wire {

/// What is sent before and behind the message itself, with LF as line end.
struct UnicodeWrapper {
    std::string before;
    std::string behind;

    /// As sent: each LF as CR LF.
    std::uint64_t octets() const;
};

/// type: of the part that holds the message, such as "message/global". boundary: does not occur in the message.
UnicodeWrapper unicode_wrapper(std::string_view type, std::string_view boundary);

}  // namespace postrider::pop3::wire
