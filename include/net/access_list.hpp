// Who may connect: Courier's access list (IMAPACCESSFILE), read from its source. An immutable value, for any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/network.hpp"

namespace postrider::net {

/// What an address may do.
struct Access {
    bool allowed = true;
    std::optional<std::size_t> per_address;  ///< MAXCPERIP: connections at a time, instead of MAXPERIP
    friend bool operator==(const Access&, const Access&) = default;
};

struct AccessEntry {
    Network network;
    Access access;
    friend bool operator==(const AccessEntry&, const AccessEntry&) = default;
};

class AccessList {
public:
    /// Everybody is allowed.
    AccessList() = default;
    /// In any order. Throws std::invalid_argument: two entries for one network, or more than
    /// limits::access_entries.
    explicit AccessList(std::vector<AccessEntry> entries);

    /// Of the entries that hold this address the one with the smallest network; allowed where there is none.
    /// Takes O(log n), and one step for each network around the nearest.
    Access of(const asio::ip::address& address) const;

    /// Sorted by network. The list made from them is the same again.
    const std::vector<AccessEntry>& entries() const { return entries_; }

private:
    std::vector<AccessEntry> entries_;
    std::vector<std::uint32_t> around_;  ///< for each entry: 1 + the index of the smallest network around it; 0: none
};

/// One line of the list.
struct AccessRule {
    std::vector<Network> networks;  ///< of the key; several for a range and for "*"
    Access access;
    std::vector<std::string> unused;  ///< variables named besides MAXCPERIP
};

/// key: an address, the first bytes of an IPv4 address ("127.0"), the first groups of an IPv6 address (":3ffe:0000"),
/// a network, a range "FIRST-LAST", or "*". value: "deny", or "allow" and perhaps ",NAME=VALUE" several times; a VALUE
/// in quotes may hold commas. The error's offset counts within key, a tab, and value. Pure.
Parsed<AccessRule> parse_access_rule(std::string_view key, std::string_view value);

}  // namespace postrider::net
