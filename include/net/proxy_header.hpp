// The header with which a proxy begins a connection: who its client is. The PROXY protocol, versions 1 and 2. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::net {

/// Where a connection comes from.
struct Source {
    asio::ip::address address;  ///< IPv4-mapped IPv6 as IPv4
    std::uint16_t port = 0;
    friend bool operator==(const Source&, const Source&) = default;
};

struct ProxyHeader {
    std::size_t size = 0;          ///< in bytes; what follows is the client's
    std::optional<Source> source;  ///< none: the connection is the proxy's own, or the proxy does not know its source
    friend bool operator==(const ProxyHeader&, const ProxyHeader&) = default;
};

/// The longest header; a parse of so many bytes has an answer.
inline constexpr std::size_t proxy_header_bytes = 16 + limits::proxy_v2_rest_bytes;

/// received: the first bytes of the connection, perhaps more than the header. None: all right so far, more is needed.
/// Errors: no PROXY header, one of a later version or with values that the specification does not have, or too long;
/// the connection must then be closed. Additions (TLVs) are passed over.
Parsed<std::optional<ProxyHeader>> parse_proxy_header(std::string_view received);

}  // namespace postrider::net
