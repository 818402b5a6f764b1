// authuserdb: the accounts of a compiled userdb. compat/auth.md section 2.2, compat/userdb.md.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "auth/module.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

/// source: path of the text, whose compiled form is this + ".lmdb". Look-ups take one thread of look_ups; both
/// references outlive the module.
std::unique_ptr<Module> make_authuserdb(std::string source, asio::thread_pool& look_ups, PasswordChecker& checker);

}  // namespace postrider::auth
