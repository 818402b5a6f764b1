// What SORT and THREAD compare messages by. RFC 5256 sections 2.1 and 3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::mime {

/// A subject without what replies and forwards add to it.
struct BaseSubject {
    std::string text;
    bool is_reply = false;  ///< something that says "reply" or "forward" was taken off
    friend bool operator==(const BaseSubject&, const BaseSubject&) = default;
};

/// RFC 5256 section 2.1. subject: decoded to UTF-8. Pure, linear.
BaseSubject base_subject(std::string_view subject);

/// The message ids in the value of Message-ID, In-Reply-To or References, without < and >, quotes taken off. What
/// stands between them is passed over. At most limits::message_ids, the last ones: they are the nearest. Linear.
std::vector<std::string> message_ids(std::string_view value);

}  // namespace postrider::mime
