// Networks of addresses: "10.0.0.0/8", "2001:db8::/32", a single address. Pure; IPv4-mapped IPv6 counts as IPv4
// everywhere.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::net {

/// The address alone, without scope: ::ffff:10.0.0.1 becomes 10.0.0.1.
asio::ip::address plain_address(const asio::ip::address& address);

/// A numeric address without scope, as plain_address() gives it. None: no such address; names are not looked up.
std::optional<asio::ip::address> parse_address(std::string_view text);

/// An address and how many of its leading bits count. The other bits are zero.
class Network {
public:
    /// That address alone.
    explicit Network(const asio::ip::address& address);
    /// bits: 0..32 for IPv4, 0..128 for IPv6; more throws std::invalid_argument.
    Network(const asio::ip::address& address, unsigned bits);

    /// "ADDRESS" or "ADDRESS/BITS"; bits set in ADDRESS behind BITS do not count.
    static Parsed<Network> parse(std::string_view text);

    bool contains(const asio::ip::address& address) const;
    bool contains(const Network& other) const;

    /// The lowest address.
    asio::ip::address address() const;
    unsigned bits() const;
    /// As parse() reads it; a single address has no "/BITS".
    std::string text() const;

    /// IPv4 first; by lowest address; the wider first. So a network stands before all that it contains.
    friend auto operator<=>(const Network&, const Network&) = default;
    friend bool operator==(const Network&, const Network&) = default;

    friend std::vector<Network> networks_between(const asio::ip::address& first, const asio::ip::address& last);

private:
    using Bytes = asio::ip::address_v6::bytes_type;

    /// bits: of all 128.
    Network(bool v6, const Bytes& bytes, unsigned bits);
    Bytes highest() const;
    /// The largest parts of this network that lie from first to last.
    void collect(const Bytes& first, const Bytes& last, std::vector<Network>& networks) const;

    bool v6_;
    Bytes bytes_;  ///< IPv4 as ::ffff:a.b.c.d
    unsigned bits_;
};

/// The fewest networks that hold the addresses from first to last, both included: at most 62 for IPv4, 254 for IPv6.
/// Empty: not of one family, or last is below first.
std::vector<Network> networks_between(const asio::ip::address& first, const asio::ip::address& last);

}  // namespace postrider::net
