// The listening sockets: those that systemd passes on, and those that we open.
#pragma once

#include <vector>

#include "core/descriptor.hpp"
#include "service/role_settings.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// A listening socket that does not wait.
struct OpenListener {
    Listener listener;
    Descriptor socket;
};

DoorSet doors_of(const std::vector<OpenListener>& open);

/// Takes the passed sockets (sd_listen_fds(3)) whose address and port are those of a listener, or whose name says what
/// they are: "imap", "imaps", "pop3", "pop3s". With passed sockets none is opened, as the administrator decides there
/// where to listen. Throws PortError naming address and reason; std::runtime_error for a passed socket that is no use.
std::vector<OpenListener> open_listeners(const std::vector<Listener>& wanted);

}  // namespace postrider::service
