// The envelope of a message: what FETCH ENVELOPE, SEARCH and SORT need of its header. RFC 3501 section 7.4.2.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::mime {

/// One address as IMAP wants it. A group begins with {mailbox = its name, host none} and ends with both none
/// (RFC 3501 section 7.4.2). Comments and quoting are taken off; encoded words stay as they are.
struct Address {
    std::optional<std::string> name;
    std::optional<std::string> mailbox;
    std::optional<std::string> host;
    friend bool operator==(const Address&, const Address&) = default;
};
using AddressList = std::vector<Address>;

/// RFC 5322 section 3.4, leniently: whatever is met in the wild gives some list. At most limits::addresses. Linear.
AddressList parse_addresses(std::string_view value);

/// Absent or blank fields are none (empty lists). sender and reply_to take from's addresses where they are missing.
/// Several fields of one name: their values joined by ",". Unfolded, blanks at both ends removed.
struct Envelope {
    std::optional<std::string> date;
    std::optional<std::string> subject;
    AddressList from;
    AddressList sender;
    AddressList reply_to;
    AddressList to;
    AddressList cc;
    AddressList bcc;
    std::optional<std::string> in_reply_to;
    std::optional<std::string> message_id;
    friend bool operator==(const Envelope&, const Envelope&) = default;
};

Envelope envelope_of(std::string_view header);

/// A moment and the zone it was written in.
struct DateTime {
    std::chrono::sys_seconds time;
    std::chrono::minutes zone;  ///< east of UTC
    friend bool operator==(const DateTime&, const DateTime&) = default;
};

/// A Date: field's value. RFC 5322 sections 3.3 and 4.3 (obsolete zones, two-digit years, comments). None when it
/// is no date.
std::optional<DateTime> parse_date(std::string_view value);

}  // namespace postrider::mime
