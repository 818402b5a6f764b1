// The second half of a session before it begins.
#pragma once

#include "auth/account.hpp"
#include "core/session_facts.hpp"

namespace postrider::auth {

/// By pointer: a session waits for its client most of its life, and what it began with must not wait in every frame on
/// the way.
struct Arrival {
    Account account;
    Admission admission;
};

}  // namespace postrider::auth
