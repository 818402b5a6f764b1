// authpam as a module of the chain: passwd(5) says who the user is, a PAM child whether the password is right.
#include "auth/pam.hpp"
#include "auth/pam/child.hpp"
#include "auth/source_threads.hpp"
#include "auth/system_lookup.hpp"
#include "core/log.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

class PamModule : public Module {
public:
    PamModule(asio::thread_pool& pool, PamSettings settings)
        : users_(pool),
          threads_("authpam", settings.children, [settings] { return std::make_unique<PamChild>(settings); }) {}

    std::string_view name() const override { return "authpam"; }

    /// Without what is stored: a password is right when PAM says so, and nobody else.
    Task<Result<std::optional<Record>>> find(Query query) override {
        auto record = co_await users_.find(std::move(query.user));
        if (record && *record) {
            (*record)->stored.reset();
        }
        co_return record;
    }

    Task<Result<std::optional<Record>>> log_in(Query query, std::string password) override {
        PamRequest request = request_of(query, std::move(password));
        auto record = co_await find(query);
        if (!record || !*record) {
            co_return record;
        }
        note_effort(query);
        const auto accepted = co_await is_accepted(std::move(request));
        if (!accepted) {
            co_return accepted.error();
        }
        co_return *accepted ? std::move(record) : std::optional<Record>();
    }

    Task<Result<bool>> change_password(Query query, std::string old_password, std::string new_password) override {
        PamRequest request = request_of(query, std::move(old_password));
        request.new_password = std::move(new_password);
        if (request.new_password.empty() || query.user.find('@') != std::string::npos) {
            co_return false;
        }
        const auto record = co_await find(std::move(query));
        if (!record) {
            co_return record.error();
        }
        if (!*record) {
            co_return false;
        }
        co_return co_await is_accepted(std::move(request));
    }

    Task<Result<bool>> each(std::function<void(const Account& account)> take) override {
        co_return co_await users_.each(std::move(take));
    }

private:
    static PamRequest request_of(const Query& query, std::string password) {
        PamRequest request;
        request.service = query.service;
        request.user = query.user;
        request.password = std::move(password);
        request.peer = query.peer;
        return request;
    }

    Task<Result<bool>> is_accepted(PamRequest request) {
        if (!is_pam_service(request.service)) {
            co_return false;
        }
        auto work = [request = std::move(request)](PamChild& child) { return child.ask(request); };
        const auto answer = co_await threads_.run(std::move(work));
        if (!answer) {
            co_return answer.error();
        }
        if (!answer->detail.empty()) {
            log_line(LogLevel::debug, "authpam: " + answer->detail);
        }
        co_return answer->verdict == PamVerdict::accepted;
    }

    SystemUsers users_;
    SourceThreads<PamChild> threads_;
};

}  // namespace

std::unique_ptr<Module> make_pam_module(asio::thread_pool& pool, PamSettings settings) {
    return std::make_unique<PamModule>(pool, settings);
}

}  // namespace postrider::auth
