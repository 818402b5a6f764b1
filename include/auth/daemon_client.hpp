// Asks a running authdaemond, Courier's or ours, over its socket. compat/auth.md section 3.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "auth/account.hpp"
#include "auth/daemon_text.hpp"
#include "core/limits.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace postrider::auth::daemon {

/// How long each step may take.
struct ClientTimes {
    std::chrono::steady_clock::duration connect = limits::authdaemon_connect_time;
    std::chrono::steady_clock::duration write = limits::authdaemon_write_time;
    std::chrono::steady_clock::duration reply = limits::authdaemon_reply_time;  ///< all of an answer
    std::chrono::steady_clock::duration list = limits::authdaemon_list_time;    ///< each piece of a list
};

/// A connection for each request, on the strand that awaits it. Outlives its calls. Errors: unavailable (nobody
/// listens there, or does not take the request in time), invalid_data (no whole answer came in time).
class Client {
public:
    explicit Client(std::string path, ClientTimes times = {}) : path_(std::move(path)), times_(times) {}

    /// request: Find, LogIn or Prove. None: refused.
    Task<Result<std::optional<AccountBlock>>> account(Request request) const;

    /// False: refused, or it went wrong over there.
    Task<Result<bool>> change_password(ChangePassword change) const;

    /// All accounts, in the daemon's order; take: as they come, also before an error.
    Task<Result<void>> each(std::function<void(const Account& account)> take) const;

private:
    std::string path_;
    ClientTimes times_;
};

}  // namespace postrider::auth::daemon
