// What the two kinds of server say alike about their sessions.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "service/gatekeeper.hpp"
#include "service/messages.hpp"

namespace postrider::service {

/// One line for each session of the gatekeeper; one that has no status yet is "starting".
std::vector<SessionLine> session_lines(const Gatekeeper& gatekeeper, const std::vector<SessionStatus>& statuses,
                                       const std::function<pid_t(std::uint64_t session)>& process_of);

/// whom: "#" and a session's number, or an account's address.
std::vector<std::uint64_t> selected_sessions(const Gatekeeper& gatekeeper, const std::string& whom);

/// Log-ins, sessions, and the time since the start.
std::vector<Figure> general_figures(const Gatekeeper& gatekeeper);

}  // namespace postrider::service
