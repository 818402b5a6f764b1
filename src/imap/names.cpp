#include "imap/names.hpp"

#include "imap/wire/mailbox_name.hpp"

namespace postrider::imap {

std::string quoted_name(const Session& session, std::string_view utf8_name) {
    const std::string name = session.utf8() ? std::string(utf8_name) : wire::encode_mailbox_name(utf8_name);
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

}  // namespace postrider::imap
