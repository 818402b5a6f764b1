#include <utility>

#include "auth/daemon/record.hpp"
#include "auth/daemon_module.hpp"
#include "auth/place.hpp"
#include "core/limits.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

Error unavailable(const Error& error) {
    return {Code::unavailable, error.detail};
}

Error too_many() {
    return {Code::unavailable, "authdaemon: too many requests are under way"};
}

}  // namespace

Task<Result<std::optional<Record>>> DaemonModule::record(daemon::Request request) {
    const Place place(calls_, limits::authdaemon_calls);
    if (!place.granted()) {
        co_return too_many();
    }
    const bool is_log_in = std::holds_alternative<daemon::LogIn>(request.command);
    const auto keep = is_log_in ? daemon::Keep::hash : daemon::Keep::password;
    auto block = co_await client_.account(std::move(request));
    if (!block) {
        co_return unavailable(block.error());
    }
    if (!*block) {
        co_return std::optional<Record>();
    }
    co_return co_await daemon::record_of(pool_, std::move(**block), keep);
}

Task<Result<std::optional<Record>>> DaemonModule::find(Query query) {
    daemon::Request request{daemon::Find{query.service, query.user}, query.peer};
    co_return co_await record(std::move(request));
}

Task<Result<std::optional<Record>>> DaemonModule::log_in(Query query, std::string password) {
    daemon::LogIn log_in{query.service, query.user, Secret(std::move(password))};
    daemon::Request request{std::move(log_in), query.peer};
    co_return co_await record(std::move(request));
}

Task<Result<std::optional<Record>>> DaemonModule::prove(Query query, CramProof proof) {
    proof.user = query.user;
    daemon::Request request{daemon::Prove{query.service, std::move(proof)}, query.peer};
    co_return co_await record(std::move(request));
}

Task<Result<bool>> DaemonModule::change_password(Query query, std::string old_password, std::string new_password) {
    const Place place(calls_, limits::authdaemon_calls);
    if (!place.granted()) {
        co_return too_many();
    }
    daemon::ChangePassword change{query.service, query.user, Secret(std::move(old_password)),
                                  Secret(std::move(new_password))};
    const auto changed = co_await client_.change_password(std::move(change));
    if (!changed) {
        co_return unavailable(changed.error());
    }
    co_return *changed;
}

Task<Result<bool>> DaemonModule::each(std::function<void(const Account& account)> take) {
    const Place place(calls_, limits::authdaemon_calls);
    if (!place.granted()) {
        co_return too_many();
    }
    const auto done = co_await client_.each(std::move(take));
    if (!done) {
        co_return unavailable(done.error());
    }
    co_return true;
}

}  // namespace postrider::auth
