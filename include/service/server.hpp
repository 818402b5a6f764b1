// The running server: listeners, sessions, signals. design: docs/architecture.md.
#pragma once

#include <string>

#include "auth/account.hpp"
#include "core/protocol.hpp"
#include "service/settings.hpp"

namespace postrider::service {

/// Serves until SIGTERM or SIGINT; SIGHUP reloads. Gives the exit code. Throws std::runtime_error with a text for the
/// administrator when it cannot start (address in use, no certificate ...). ready: called once every port is open.
int serve(const Settings& settings, const Reload& reload, const std::function<void()>& ready);

/// One session on stdin and stdout for an account that needs no login: `postrider imapd`, `postrider pop3d`. Gives the
/// exit code.
int serve_standard_streams(const Settings& settings, Protocol protocol, auth::Account account,
                           const std::string& maildir);

}  // namespace postrider::service
