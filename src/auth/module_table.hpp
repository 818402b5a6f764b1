// The modules that authmodulelist can name, and how each is made. A new kind of database is one more row.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "auth/chain.hpp"
#include "auth/service.hpp"

namespace postrider::auth {

/// What modules are made from; all of it outlives them.
struct ModuleMaterial {
    Threads threads;
    const Settings& settings;  ///< for the time of the call
    PasswordChecker& checker;
};

/// In the order of settings.modules. Throws std::invalid_argument for a name that is not in the table.
Chain::Modules make_modules(const ModuleMaterial& material);

}  // namespace postrider::auth
