// What `postrider imapd` and `postrider pop3d` share: one session on stdin and stdout, logged in already.
#pragma once

#include "cli/subcommand.hpp"
#include "core/protocol.hpp"

namespace postrider::cli {

/// Arguments: none, or the Maildir; without it $MAILDIR, else ./Maildir. Gives the exit code.
int run_standard_session(const Invocation& invocation, Protocol protocol);

}  // namespace postrider::cli
