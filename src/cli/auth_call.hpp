// What authtest, authenumerate and authinfo share: where the authdaemon socket is, and asking there.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <string>
#include <vector>

#include "auth/daemon_client.hpp"
#include "cli/subcommand.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::cli {

struct AuthCall {
    std::string folder;                  ///< of the settings
    std::string socket;                  ///< path
    std::vector<std::string> arguments;  ///< without the leading options that were taken
    bool json = false;
    bool help = false;
};

/// Takes leading "--config-dir DIR", "--socket PATH", "--json" and "--help", unless called through a link with
/// Courier's name. socket: PATH, else the one in authdaemonvar of DIR/authdaemonrc, else Courier's.
AuthCall auth_call(const Invocation& invocation);

/// The last assignment of that name in DIR/authdaemonrc; "" when there is none, or the file cannot be read.
std::string authdaemonrc_value(const std::string& folder, std::string_view name);

/// With the times that TIMEOUT_SOCK, TIMEOUT_WRITE and TIMEOUT_READ (seconds) of the environment say.
auth::daemon::Client client_of(const AuthCall& call);

/// Courier's words for an error, as strerror(3) has them; says on stderr first where the daemon cannot be reached.
std::string told(const Error& error);
/// Of a daemon that said no.
std::string told_refusal();

/// Runs a loop until the task has ended, and gives what it gave.
template <class T>
T awaited(Task<T> task) {
    asio::io_context loop;
    auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
    loop.run();
    return done.get();
}

}  // namespace postrider::cli
