#include "net/network.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <stdexcept>

#include "core/text.hpp"

namespace postrider::net {

namespace {

using asio::ip::address_v4;
using asio::ip::address_v6;
using Bytes = address_v6::bytes_type;

/// The length of ::ffff:0:0/96, as which IPv4 is kept.
constexpr unsigned v4_at = 96;
constexpr unsigned all_bits = 128;

bool is_v6(const asio::ip::address& address) {
    return address.is_v6() && !address.to_v6().is_v4_mapped();
}

Bytes bytes_of(const asio::ip::address& address) {
    return address.is_v6() ? address.to_v6().to_bytes()
                           : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

/// The bits of one byte that lie behind the first `bits` bits of an address.
unsigned char free_bits(std::size_t byte, unsigned bits) {
    const auto before = static_cast<unsigned>(byte) * 8;
    const auto fixed = std::clamp(bits, before, before + 8) - before;
    return static_cast<unsigned char>(0xFF >> fixed);
}

Bytes masked(Bytes bytes, unsigned bits) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<unsigned char>(bytes[i] & ~free_bits(i, bits));
    }
    return bytes;
}

/// As it is written, without scope. The system's function stops at a NUL and knows interface names behind a %.
std::optional<asio::ip::address> written_address(std::string_view text) {
    constexpr std::string_view characters = "0123456789abcdefABCDEF:.";
    if (text.empty() || text.find_first_not_of(characters) != std::string_view::npos) {
        return std::nullopt;
    }
    boost::system::error_code error;
    const auto address = asio::ip::make_address(text, error);
    return error ? std::nullopt : std::optional(address);
}

}  // namespace

asio::ip::address plain_address(const asio::ip::address& address) {
    if (address.is_v4()) {
        return address;
    }
    if (!is_v6(address)) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address_v6(address.to_v6().to_bytes());
}

std::optional<asio::ip::address> parse_address(std::string_view text) {
    const auto address = written_address(text);
    return address ? std::optional(plain_address(*address)) : std::nullopt;
}

Network::Network(bool v6, const Bytes& bytes, unsigned bits) : v6_(v6), bytes_(masked(bytes, bits)), bits_(bits) {}

Network::Network(const asio::ip::address& address) : Network(is_v6(address), bytes_of(address), all_bits) {}

Network::Network(const asio::ip::address& address, unsigned bits)
    : Network(true, bytes_of(address), address.is_v4() ? v4_at + std::min(bits, all_bits) : bits) {
    if (bits_ > all_bits) {
        throw std::invalid_argument("a network of more bits than its addresses have");
    }
    v6_ = is_v6(address) || bits_ < v4_at;
}

Parsed<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = written_address(text.substr(0, slash));
    if (!address) {
        return SyntaxError(0, "an IPv4 or IPv6 address expected");
    }
    const unsigned most = address->is_v4() ? 32 : all_bits;
    if (slash == std::string_view::npos) {
        return Network(*address, most);
    }
    const auto bits = parse_decimal<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > most) {
        return SyntaxError(slash + 1, "a number of bits from 0 to " + std::to_string(most) + " expected");
    }
    return Network(*address, *bits);
}

bool Network::contains(const asio::ip::address& address) const {
    return contains(Network(address));
}

bool Network::contains(const Network& other) const {
    return v6_ == other.v6_ && bits_ <= other.bits_ && bytes_ == masked(other.bytes_, bits_);
}

asio::ip::address Network::address() const {
    const address_v6 address(bytes_);
    return v6_ ? asio::ip::address(address) : asio::ip::make_address_v4(asio::ip::v4_mapped, address);
}

unsigned Network::bits() const {
    return v6_ ? bits_ : bits_ - v4_at;
}

std::string Network::text() const {
    return address().to_string() + (bits_ == all_bits ? "" : '/' + std::to_string(bits()));
}

Network::Bytes Network::highest() const {
    Bytes bytes = bytes_;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<unsigned char>(bytes[i] | free_bits(i, bits_));
    }
    return bytes;
}

void Network::collect(const Bytes& first, const Bytes& last, std::vector<Network>& networks) const {
    const Bytes end = highest();
    if (end < first || last < bytes_) {
        return;
    }
    if (first <= bytes_ && end <= last) {
        networks.push_back(*this);
        return;
    }
    Bytes middle = bytes_;
    middle[bits_ / 8] = static_cast<unsigned char>(middle[bits_ / 8] | 0x80 >> bits_ % 8);
    Network(v6_, bytes_, bits_ + 1).collect(first, last, networks);
    Network(v6_, middle, bits_ + 1).collect(first, last, networks);
}

std::vector<Network> networks_between(const asio::ip::address& first, const asio::ip::address& last) {
    std::vector<Network> networks;
    if (is_v6(first) == is_v6(last)) {
        const Network all(is_v6(first) ? Network(address_v6(), 0) : Network(address_v4(), 0));
        all.collect(bytes_of(first), bytes_of(last), networks);
    }
    return networks;
}

}  // namespace postrider::net
