// authvchkpw: the accounts of vpopmail, from its files. compat/auth.md section 2.8, docs/authvchkpw.md.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "auth/module.hpp"
#include "auth/password_checker.hpp"

namespace postrider::auth {

struct VpopmailPaths {
    std::string home;  ///< of the system's user vpopmail; empty: there is none
    std::string assign = "/var/qmail/users/assign";
};

/// Asks the system's user database: at start and at a reload only.
VpopmailPaths vpopmail_paths();

/// Without a home or the file assign the module is off: it has no accounts. The files are read at each look-up, in one
/// thread of look_ups at a time; one that cannot be read or is too long is "unavailable". look_ups, checker: outlive
/// the module.
std::unique_ptr<Module> make_authvchkpw(VpopmailPaths paths, asio::thread_pool& look_ups, PasswordChecker& checker);

}  // namespace postrider::auth
