// A client whose session runs in another process: what it sends goes there, what comes from there is sent to it.
#pragma once

#include "net/connection.hpp"

namespace postrider::net {

/// Which end ended first.
enum class RelayEnd : std::uint8_t { client, inner };

struct RelayResult {
    RelayEnd ended = RelayEnd::client;
    bool between_lines = true;  ///< the last bytes from the inner side ended a line
};

/// Copies both ways until either side ends; a client that stops sending may still read what comes. Holds no buffer
/// while nothing moves; a side that does not read stops the other. The time that a session may be idle is the inner
/// side's to keep; a client that does not read is given limits::output_stall_time.
/// connection: watched by the caller, not closed here. On its strand.
Task<RelayResult> relay(Connection& connection, Socket inner);

}  // namespace postrider::net
