// One message on a SOCK_SEQPACKET socket between two of our processes: length, kind, body, at most one descriptor.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/descriptor.hpp"
#include "service/messages.hpp"

namespace postrider::service {

struct Packet {
    Kind kind = Kind::log;
    std::string body;
    Descriptor descriptor;
    bool descriptor_lost = false;  ///< one came along, and this process had no room for it
};

/// Why there is no packet.
enum class NoPacket : std::uint8_t {
    not_now,    ///< nothing to read, or no room to write
    other_end,  ///< it is closed
    malformed,  ///< not a packet: bad header, too long, more than one descriptor
};

/// Never waits.
std::variant<Packet, NoPacket> receive_packet(int socket);
/// Waits until the deadline; not_now when it passed.
std::variant<Packet, NoPacket> receive_packet(int socket, std::chrono::steady_clock::time_point deadline);

/// The bytes of a packet: header and body.
std::string packet_bytes(Kind kind, std::string_view body);
enum class Sent : std::uint8_t { yes, not_now, other_end };
/// Never waits. descriptor: -1 for none; stays the caller's.
Sent send_packet(int socket, std::string_view packet, int descriptor);

/// Two ends of a socket for packets, both closed by exec and never waiting. Throws std::system_error.
std::pair<Descriptor, Descriptor> packet_sockets();

}  // namespace postrider::service
