// courierpop3dsizelist as text: sizes and UIDLs that POP3 clients have been told. Format: docs/maildir.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::store::maildir {

/// What a POP3 client is told of a message, and knows it by.
struct Pop3Entry {
    std::string name;                ///< of its file in cur/ when the list was written, flags included
    std::uint64_t size = 0;          ///< octets as sent: line ends are CRLF
    std::uint64_t number = 0;        ///< 0: its UIDL is made from its name
    std::uint64_t uid_validity = 0;  ///< of this entry
    bool utf8 = false;               ///< its header holds bytes above 127

    friend bool operator==(const Pop3Entry&, const Pop3Entry&) = default;
};

/// next, uid_validity: what the next new message gets.
struct Pop3List {
    std::uint64_t next = 1;
    std::uint64_t uid_validity = 0;
    std::vector<Pop3Entry> entries;

    friend bool operator==(const Pop3List&, const Pop3List&) = default;
};

/// A list as it was read. is_current: of the version that we write, and nothing in it was left out.
struct Pop3Text {
    Pop3List list;
    bool is_current = false;
};

/// None: no header "/<version> <next> <uid validity>". A uid validity that is missing is `now`. Versions 2 and 3 have
/// entries; of others only the numbers of the header count. Lines are read from the right; wrong ones, and a second one
/// of the same message or with the same UIDL, are left out. The next number is above every one given under its uid
/// validity, unless there is none above.
/// now: seconds since 1970. Pure, any bytes, linear.
std::optional<Pop3Text> parse_pop3_list(std::string_view text, std::uint64_t now);
/// Version 3.
std::string print_pop3_list(const Pop3List& list);

/// The UIDL of a message: at most 70 printable characters (RFC 1939 section 7), unless it is made from a longer name.
std::string uidl_of(const Pop3Entry& entry);

}  // namespace postrider::store::maildir
