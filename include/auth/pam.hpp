// authpam: the system's users, checked by PAM. compat/auth.md section 2.3.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "auth/module.hpp"
#include "core/limits.hpp"

namespace postrider::auth {

struct PamSettings {
    unsigned children = limits::pam_children;               ///< conversations at the same time; at least 1
    std::chrono::milliseconds time = limits::pam_time;      ///< of a conversation
    std::size_t conversations = limits::pam_conversations;  ///< until a child is started anew
};

/// PAM runs foreign code, as root, that may wait for ever or crash: it does so in children of its own, which are this
/// program again with the argument "authpam". One that has no answer in time, or dies, is "unavailable" to the one user
/// that it worked for; the next request starts another. pool: for look-ups in passwd(5); outlives the module.
std::unique_ptr<Module> make_pam_module(asio::thread_pool& pool, PamSettings settings);

/// What such a child does, until its parent closes the line. Gives its exit code; says so on standard error where no
/// parent started it.
int run_pam_child();

}  // namespace postrider::auth
