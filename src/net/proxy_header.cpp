#include "net/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "core/text.hpp"
#include "net/network.hpp"

namespace postrider::net {

namespace {

using Found = std::optional<ProxyHeader>;

// Version 1: "PROXY TCP4 SOURCE DESTINATION SOURCEPORT DESTINATIONPORT\r\n"; TCP6; or UNKNOWN and any text.

constexpr std::string_view v1_start = "PROXY ";

SyntaxError wrong_line() {
    return {v1_start.size(), "PROXY header: not the line of version 1"};
}

/// The text up to the next blank or the end, and leaves what is behind that blank.
std::string_view take_word(std::string_view& line) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<std::uint16_t> port_of(std::string_view word) {
    const bool leading_zero = word.size() > 1 && word.front() == '0';
    return leading_zero ? std::nullopt : parse_decimal<std::uint16_t>(word);
}

/// What stands behind TCP4 or TCP6.
std::optional<Source> line_source(std::string_view line, bool v6) {
    const auto is_of_kind = [v6](std::string_view word) {
        return (word.find(':') != std::string_view::npos) == v6 && parse_address(word);
    };
    const auto source = take_word(line);
    const auto destination = take_word(line);
    const auto source_port = port_of(take_word(line));
    const auto destination_port = port_of(line);
    if (!is_of_kind(source) || !is_of_kind(destination) || !source_port || !destination_port) {
        return std::nullopt;
    }
    return Source{.address = *parse_address(source), .port = *source_port};
}

/// received begins with v1_start.
Parsed<Found> parse_v1(std::string_view received) {
    const auto text = received.substr(0, limits::proxy_v1_bytes);
    const auto end = text.find_first_of("\r\n");
    const bool cut = end == std::string_view::npos || (text[end] == '\r' && end + 1 == text.size());
    if (cut && text.size() < limits::proxy_v1_bytes) {
        return Found();
    }
    if (cut || !text.substr(end).starts_with("\r\n")) {
        return SyntaxError(cut ? text.size() : end, "PROXY header: the line of version 1 does not end in CR LF");
    }
    auto line = text.substr(v1_start.size(), end - v1_start.size());
    const auto kind = take_word(line);
    if (kind == "UNKNOWN") {
        return Found(ProxyHeader{.size = end + 2, .source = {}});
    }
    if (kind != "TCP4" && kind != "TCP6") {
        return wrong_line();
    }
    const auto source = line_source(line, kind == "TCP6");
    if (!source) {
        return wrong_line();
    }
    return Found(ProxyHeader{.size = end + 2, .source = source});
}

// Version 2: the signature, version and command, family and transport, two bytes of length; then so many bytes:
// source and destination address, source and destination port, additions.

constexpr std::string_view v2_start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_fixed = 16;

unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

template <class Address>
Source source_of(std::string_view addresses) {
    typename Address::bytes_type bytes{};
    std::copy_n(addresses.begin(), bytes.size(), bytes.begin());
    return {.address = plain_address(Address(bytes)), .port = number_at(addresses, 2 * bytes.size())};
}

/// The bytes of the two addresses and their ports; none for a value that the specification does not have.
std::optional<std::size_t> addresses_size(unsigned family_and_transport) {
    constexpr std::array<std::size_t, 4> of_family = {0, 12, 36, 216};
    const auto family = family_and_transport >> 4;
    const auto transport = family_and_transport & 15;
    return family < of_family.size() && transport <= 2 ? std::optional(of_family[family]) : std::nullopt;
}

/// received begins with v2_start.
Parsed<Found> parse_v2(std::string_view received) {
    constexpr unsigned local = 0x20;
    constexpr unsigned proxied = 0x21;
    constexpr unsigned tcp4 = 0x11;
    constexpr unsigned tcp6 = 0x21;
    if (received.size() < v2_fixed) {
        return Found();
    }
    const auto command = byte_at(received, 12);
    const auto kind = byte_at(received, 13);
    const std::size_t rest = number_at(received, 14);
    if (command != local && command != proxied) {
        return SyntaxError(12, "PROXY header: neither LOCAL nor PROXY of version 2");
    }
    const auto needed = addresses_size(kind);
    if (command == proxied && !needed) {
        return SyntaxError(13, "PROXY header: unknown family or transport");
    }
    if (rest > limits::proxy_v2_rest_bytes || (command == proxied && rest < *needed)) {
        return SyntaxError(14, "PROXY header: " + std::to_string(rest) + " bytes are too many or too few");
    }
    if (received.size() < v2_fixed + rest) {
        return Found();
    }
    ProxyHeader header{.size = v2_fixed + rest, .source = {}};
    const auto addresses = received.substr(v2_fixed, rest);
    if (command == proxied && kind == tcp4) {
        header.source = source_of<asio::ip::address_v4>(addresses);
    } else if (command == proxied && kind == tcp6) {
        header.source = source_of<asio::ip::address_v6>(addresses);
    }
    return Found(header);
}

}  // namespace

Parsed<std::optional<ProxyHeader>> parse_proxy_header(std::string_view received) {
    for (const bool v2 : {false, true}) {
        const auto start = v2 ? v2_start : v1_start;
        if (received.starts_with(start)) {
            return v2 ? parse_v2(received) : parse_v1(received);
        }
        if (start.starts_with(received)) {
            return Found();
        }
    }
    return SyntaxError(0, "no PROXY header");
}

}  // namespace postrider::net
