// The module that asks a running authdaemond, such as Courier's. compat/auth.md section 3.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

#include "auth/daemon_client.hpp"
#include "auth/module.hpp"

namespace postrider::auth {

/// "authdaemon" in authmodulelist. It asks on the strand of its caller, at most limits::authdaemon_calls at once, and
/// holds nothing between the calls: a daemon that is started again is found again.
class DaemonModule : public Module {
public:
    /// pool: for looking up the uid of accounts that the system knows; outlives the module.
    DaemonModule(asio::thread_pool& pool, daemon::Client client) : pool_(pool), client_(std::move(client)) {}

    std::string_view name() const override { return "authdaemon"; }
    Task<Result<std::optional<Record>>> find(Query query) override;
    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override;
    Task<Result<std::optional<Record>>> prove(Query query, CramProof proof) override;
    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override;
    Task<Result<bool>> each(std::function<void(const Account& account)> take) override;

private:
    Task<Result<std::optional<Record>>> record(daemon::Request request);

    asio::thread_pool& pool_;
    daemon::Client client_;
    std::atomic<std::size_t> calls_ = 0;
};

}  // namespace postrider::auth
