// authpwd and authshadow: the users of the system itself. compat/auth.md section 2.4.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "auth/module.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

/// Passwords as passwd(5) has them. pool, checker: outlive the module; look-ups
/// take one thread of the pool at a time.
std::unique_ptr<Module> make_authpwd(asio::thread_pool& pool, PasswordChecker& checker);

/// Passwords as shadow(5) has them, which only root can read; none of an account or a password that has expired.
std::unique_ptr<Module> make_authshadow(asio::thread_pool& pool, PasswordChecker& checker);

}  // namespace postrider::auth
