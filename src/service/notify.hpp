// What systemd is told, and what it passes on. Without systemd nothing happens.
// sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"

namespace postrider::service {

enum class Moment { ready, reloading, alive };

void notify(Moment moment);
/// The server has begun to stop and will need at most so long.
void notify_stopping(std::chrono::microseconds time);
/// One line for `systemctl status`.
void notify_status(const std::string& text);

/// How often systemd wants to hear Moment::alive; none: it does not watch.
std::optional<std::chrono::microseconds> watchdog_time();

struct Passed {
    std::string name;  ///< FileDescriptorName=
    Descriptor socket;
};

/// Once: the environment that tells of them is cleared.
std::vector<Passed> passed_sockets();

}  // namespace postrider::service
