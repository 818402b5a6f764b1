// The protocols that are spoken, as every room names them.
#pragma once

#include <cstdint>
#include <string_view>

namespace postrider {

enum class Protocol : std::uint8_t { imap, pop3 };
constexpr Protocol last_value(Protocol) {
    return Protocol::pop3;
}

/// As the userdb and Courier's authentication call it: "imap" has its own password in "imappw".
constexpr std::string_view service_name(Protocol protocol) {
    return protocol == Protocol::imap ? "imap" : "pop3";
}

}  // namespace postrider
