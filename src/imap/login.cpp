// From credentials to an open account. compat/imap.md sections 1 and 17, compat/config.md section 6.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"
#include "imap/session.hpp"

namespace postrider::imap {

using namespace asio::experimental::awaitable_operators;

/// pause() ends when the connection is to end: an answer may take its time.
Task<std::optional<Result<auth::Grant>>> Session::ask_gate(auth::Proof proof) {
    auth::LoginRequest request{Protocol::imap, std::move(proof), peer_.address, is_secure()};
    auto answer = co_await (environment_.gate->log_in(std::move(request)) || connection_.pause(net::Deadline::max()));
    if (answer.index() != 0) {
        closed(std::get<1>(answer).error());
        co_return std::nullopt;
    }
    co_return std::get<0>(std::move(answer));
}

Task<std::optional<Result<auth::ScramOffer>>> Session::ask_gate(auth::ScramQuestion question) {
    auto asked = environment_.gate->offer(Protocol::imap, std::move(question), peer_.address);
    auto answer = co_await (std::move(asked) || connection_.pause(net::Deadline::max()));
    if (answer.index() != 0) {
        closed(std::get<1>(answer).error());
        co_return std::nullopt;
    }
    co_return std::get<0>(std::move(answer));
}

Reply Session::admitted(const auth::Grant& grant) {
    const auto received = connection_.bytes_received();
    admission_ = std::make_unique<Admission>(
        Admission{grant.session, Protocol::imap, peer_, tag_, client_id_, is_secure(), false, started_, received, 0});
    answered();
    return ok("");
}

Reply Session::refused_login(const Error& error, const std::string& who) {
    log_line(LogLevel::info, "LOGIN FAILED, " + who + ", " + log_peer());
    if (error.code == Code::denied) {
        return no("[AUTHENTICATIONFAILED] Login failed.");
    }
    if (!error.detail.empty()) {  // else who knows it has logged it
        log_line(LogLevel::error, "authentication error: " + error.detail);
    }
    if (error.code == Code::limit) {
        return no("[LIMIT] Too many sessions of this account.");
    }
    bye("Temporary problem, please try again later", "DISCONNECTED");
    return no("[UNAVAILABLE] Login failed.");
}

void Session::log_tls_trouble() const {
    if (const std::string trouble = connection_.tls_trouble(); !trouble.empty()) {
        log_line(LogLevel::debug, log_peer() + ", " + trouble);
    }
}

auth::SaslContext Session::sasl_context() const {
    const auth::SaslSettings& sasl = settings().sasl;
    auth::SaslContext context{is_secure() ? sasl.over_tls : sasl.plain, sasl.host, {}, {}};
    context.identity = connection_.certificate_identity();
    for (net::TlsBinding& binding : connection_.tls_bindings()) {
        context.bindings.push_back({std::move(binding.type), std::move(binding.data)});
    }
    return context;
}

Task<bool> Session::open_account() {
    if (environment_.may_serve) {
        if (const auto allowed = environment_.may_serve(account_); !allowed) {
            refuse_account(allowed.error());
            co_return false;
        }
    }
    if (maildir_.empty()) {
        refuse_account(Error(Code::no_such_mailbox, "the account's maildir is empty"));
        co_return false;
    }
    std::string maildir = maildir_;
    std::string home = preauth_ ? std::string() : account_.home;
    auto user = co_await environment_.store->open(std::move(maildir), std::move(home));
    if (!user) {
        refuse_account(user.error());
        co_return false;
    }
    user_ = std::move(*user);
    const auto now = std::chrono::system_clock::now();
    co_await user_->empty_trash(now);
    state_ = State::authenticated;
    bad_commands_ = 0;
    log_line(LogLevel::info, "LOGIN, user=" + account_.address + ", " + log_peer() + ", protocol=IMAP" +
                                 (is_secure() ? ", starttls=1" : ""));
    if (account_.is_on("disableimap")) {
        late_bye_ = "IMAP access disabled for this account.";
    } else if (account_.is_on("disableinsecureimap") && !is_secure()) {
        late_bye_ = "IMAP access disabled via insecure connection.";
    }
    co_return true;
}

void Session::refuse_account(const Error& error) {
    log_line(LogLevel::error, account_.address + ": " + error.detail);
    switch (error.code) {
        case Code::in_use:
            log_line(LogLevel::info, "LOCKED, user=" + account_.address + ", " + log_peer());
            bye("Your account is temporarily unavailable (+t bit set on home directory).", "DISCONNECTED");
            return;
        case Code::no_such_mailbox:
            bye("[ALERT] Fatal error: No such file or directory: No such file or directory", "DISCONNECTED");
            return;
        case Code::not_permitted:
            bye("[ALERT] Fatal error: Permission denied: Permission denied", "DISCONNECTED");
            return;
        case Code::wrong_owner:
            bye("[ALERT] Fatal error: Account's mailbox directory is not owned by the correct uid or gid: ",
                "DISCONNECTED");
            return;
        default:
            bye("Temporary problem, please try again later", "DISCONNECTED");
            return;
    }
}

}  // namespace postrider::imap
