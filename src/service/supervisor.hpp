// The supervisor: the one process that is root. Opens the ports, starts the other roles, decides who becomes whom, and
// reads nothing but their messages. docs/architecture.md, "Roles".
#pragma once

#include <functional>

#include "service/settings.hpp"

namespace postrider::service {

/// As serve() in server.hpp. Needs root.
int serve_separated(const Settings& settings, const Reload& reload, const std::function<void()>& ready);

}  // namespace postrider::service
