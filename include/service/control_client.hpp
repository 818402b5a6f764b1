// The other end of the control socket: what `postrider who` and its like ask of a running server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "service/control_lines.hpp"

namespace postrider::service {

/// Blocks; each order is a connection of its own and takes at most limits::control_time. An error's detail is for the
/// administrator who asked. Its code is `unavailable`: no server is there; `not_permitted`: this user may not ask it;
/// `internal`: anything else.
class ControlClient {
public:
    /// path: CONTROL_SOCKET.
    explicit ControlClient(std::string path) : path_(std::move(path)) {}

    /// Every session, by number.
    Result<std::vector<SessionLine>> who() const;
    Result<std::vector<Figure>> stats() const;
    /// Ends sessions with BYE. whom: "#" and a session's number, or an account. Gives how many.
    Result<std::uint64_t> kick(const std::string& whom) const;
    /// Gives what is wrong with the new settings; "": they are in force.
    Result<std::string> reload() const;
    /// Ends the server, and waits until its process is gone: `patience` at the longest.
    Result<void> stop(std::chrono::seconds patience) const;

private:
    std::string path_;
};

}  // namespace postrider::service
