// The settings of the file pop3d that are POP3's alone. compat/config.md section 5.
#include <algorithm>
#include <string>
#include <string_view>

#include "auth/sasl.hpp"
#include "config/row.hpp"
#include "core/text.hpp"

namespace postrider::config {

namespace {

/// A note names the words that are no mechanism.
auth::MechanismSet mechanisms_of(const Value& value) {
    std::string others;
    for (const std::string_view word : value.words()) {
        if (!auth::mechanism_of(word)) {
            others += ' ' + std::string(word);
        }
    }
    if (!others.empty()) {
        value.note("names mechanisms that this version does not have:" + others);
    }
    return auth::mechanisms_in(value.text(), "");
}

/// RFC 6838 section 4.2.
bool is_media_type(std::string_view text) {
    constexpr std::size_t most = 127;
    const auto is_name = [](std::string_view name) {
        return !name.empty() && name.size() <= most && std::ranges::all_of(name, [](char c) {
            return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                   std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
        });
    };
    const auto slash = text.find('/');
    return slash != std::string_view::npos && is_name(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

void apply_unicode_message_type(Draft& draft, const Value& value) {
    if (!is_media_type(value.text())) {
        value.refuse("a media type such as message/global");
    }
    draft.settings.pop3.unicode_message_type = value.text();
}

constexpr Row table[] = {
    {{"POP3AUTH", "pop3d", Type::words, "", "", "", "names of SASL mechanisms, by blank",
      "Mechanisms that CAPA tells of: PLAIN, LOGIN, CRAM-MD5, CRAM-SHA1, CRAM-SHA256, SCRAM-SHA-1, SCRAM-SHA-256 and "
      "SCRAM's -PLUS forms; unset or empty: none. AUTH takes every one there is."},
     "POP3AUTH:1",
     [](Draft& draft, const Value& value) { draft.settings.pop3.sasl.plain = mechanisms_of(value); }},
    {{"POP3AUTH_TLS", "pop3d", Type::words, "", "", "", "names of SASL mechanisms, by blank",
      "The same over TLS; unset or empty: as POP3AUTH."},
     "POP3AUTH_TLS:1",
     [](Draft& draft, const Value& value) {
         if (!value.text().empty()) {
             draft.pop3_sasl_over_tls = mechanisms_of(value);
         }
     }},
    {{"POP3_LOG_DELETIONS", "pop3d", Type::on_off, "", "0", "", "0 or 1", "Log a line for each message deleted."},
     "POP3_LOG_DELETIONS:0",
     [](Draft& draft, const Value& value) { draft.settings.pop3.log_deletions = value.on_unless_zero(); }},
    {{"MIME_UNICODE_MESSAGE_TYPE", "pop3d", Type::text, "", "message/global", "", "a media type",
      "How a message with characters beyond ASCII in its header is called where a client that did not say UTF8 gets it "
      "within another one."},
     "MIME_UNICODE_MESSAGE_TYPE:0",
     apply_unicode_message_type},
};

}  // namespace

std::span<const Row> pop3d_rows() {
    return table;
}

}  // namespace postrider::config
