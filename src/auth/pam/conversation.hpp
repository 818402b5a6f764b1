// One conversation with PAM, in a child: pam(3). Blocks for as long as PAM's modules like.
#pragma once

#include "auth/pam/message.hpp"

namespace postrider::auth {

/// Authentication and account management; then, where there is a new password, its change by the service "passwd". No
/// session is opened and no credentials are set.
PamAnswer converse(const PamRequest& request);

}  // namespace postrider::auth
