// What every session has, whatever its protocol: its client, the way from its login to its work, and how an
// administrator sees it.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/protocol.hpp"

namespace postrider {

/// Who is at the other end.
struct Peer {
    boost::asio::ip::address address;
    std::string text;  ///< as Courier logs it: IPv6 form, IPv4 as ::ffff:a.b.c.d
    std::uint16_t port = 0;
};

/// What the first half of a session, up to the login, leaves to the second half, which may run in another process.
/// Times are of CLOCK_MONOTONIC, which all processes share.
struct Admission {
    std::uint64_t session = 0;  ///< auth::Grant
    Protocol protocol = Protocol::imap;
    Peer peer;
    std::string tag;        ///< IMAP: of the command that logged in: not answered yet
    std::string client_id;  ///< IMAP: what ID said before login
    bool tls = false;
    bool utf8 = false;  ///< POP3: UTF8 was said before login
    std::chrono::steady_clock::time_point started;
    std::uint64_t received = 0;  ///< octets so far, for the closing log line
    std::uint64_t sent = 0;
};

/// A session as an administrator sees it.
struct SessionReport {
    std::string state;             ///< the command under way, or "waiting"
    std::string folder;            ///< the selected mailbox, UTF-8; "" for none
    std::string client_id;         ///< what ID said
    std::chrono::seconds idle{0};  ///< since the last command began
    std::size_t memory = 0;        ///< bytes of this session alone: what sessions share is not counted
};

}  // namespace postrider
