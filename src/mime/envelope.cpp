// Gathers the envelope from a message's header. RFC 3501 section 7.4.2.
#include "mime/envelope.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "mime/header.hpp"

namespace postrider::mime {

namespace {

enum Slot : std::size_t { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id, slots };

constexpr std::array<std::string_view, slots> names{
    "date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id",
};

std::optional<std::string> text_or_none(std::string& value) {
    return value.empty() ? std::nullopt : std::optional(std::move(value));
}

}  // namespace

Envelope envelope_of(std::string_view header) {
    std::array<std::string, slots> values;
    each_field(header, [&](const Field& field) {
        const auto* name = std::find_if(names.begin(), names.end(), [&](auto n) { return iequals(n, field.name); });
        const std::string_view value = trimmed(field.value);
        if (name == names.end() || value.empty()) {
            return;
        }
        std::string& joined = values[static_cast<std::size_t>(name - names.begin())];
        if (!joined.empty()) {
            joined += ',';
        }
        joined += unfolded(value);
    });
    Envelope envelope;
    envelope.date = text_or_none(values[date]);
    envelope.subject = text_or_none(values[subject]);
    envelope.from = parse_addresses(values[from]);
    envelope.sender = parse_addresses(values[sender]);
    envelope.reply_to = parse_addresses(values[reply_to]);
    envelope.to = parse_addresses(values[to]);
    envelope.cc = parse_addresses(values[cc]);
    envelope.bcc = parse_addresses(values[bcc]);
    envelope.in_reply_to = text_or_none(values[in_reply_to]);
    envelope.message_id = text_or_none(values[message_id]);
    if (envelope.sender.empty()) {
        envelope.sender = envelope.from;
    }
    if (envelope.reply_to.empty()) {
        envelope.reply_to = envelope.from;
    }
    return envelope;
}

}  // namespace postrider::mime
