// All roles in one process, for an ordinary user: the same parts as between processes, next to each other.
#pragma once

#include <functional>

#include "service/settings.hpp"

namespace postrider::service {

/// As serve() in server.hpp.
int serve_joined(const Settings& settings, const Reload& reload, const std::function<void()>& ready);

}  // namespace postrider::service
