// From credentials to an open account. compat/imap.md sections 1 and 17, compat/config.md section 6.
#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"
#include "imap/session.hpp"

namespace postrider::imap {

namespace {

/// The Maildir of an account: absolute, or below its home. Empty: the account has none.
std::string maildir_of(const auth::Account& account, const std::string& standard) {
    const std::string path = account.maildir.value_or(standard);
    if (path.empty() || path.front() == '/') {
        return path;
    }
    return account.home.empty() ? path : account.home + "/" + path;
}

}  // namespace

Task<Reply> Session::log_in(auth::Credentials credentials, std::string_view method) {
    if (settings().tls_required && !connection_.is_tls()) {
        co_return no("[PRIVACYREQUIRED] STARTTLS required");
    }
    const std::string who = method.empty() ? "user=" + log_safe(credentials.user) : "method=" + std::string(method);
    const std::string service = "imap";
    auto account = co_await environment_.auth->log_in(service, std::move(credentials));
    if (!account) {
        log_line(LogLevel::info, "LOGIN FAILED, " + who + ", " + log_peer());
        if (account.error().code != Code::denied) {
            log_line(LogLevel::error, "authentication error: " + account.error().detail);
            bye("Temporary problem, please try again later", "DISCONNECTED");
            co_return no(account.error());
        }
        const auto now = std::chrono::steady_clock::now();
        const auto delay = environment_.auth->throttle().failed(peer_.address, now);
        const net::Deadline until = std::min(now + delay, input_deadline());
        const auto waited = co_await connection_.pause(until);
        if (!waited) {
            closed(waited.error());
        }
        co_return no("[AUTHENTICATIONFAILED] Login failed.");
    }
    environment_.auth->throttle().succeeded(peer_.address);
    account_ = std::move(*account);
    maildir_ = maildir_of(account_, settings().maildir);
    const bool opened = co_await open_account();
    if (!opened) {
        co_return no("[UNAVAILABLE] Login failed.");
    }
    co_return ok("LOGIN Ok.");
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
    state_ = State::authenticated;
    bad_commands_ = 0;
    log_line(LogLevel::info, "LOGIN, user=" + account_.address + ", " + log_peer() + ", protocol=IMAP" +
                                 (connection_.is_tls() ? ", starttls=1" : ""));
    if (account_.is_on("disableimap")) {
        late_bye_ = "IMAP access disabled for this account.";
    } else if (account_.is_on("disableinsecureimap") && !connection_.is_tls()) {
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
            bye("[ALERT] Fatal error: Account's mailbox directory is not owned by the correct uid or gid: ",
                "DISCONNECTED");
            return;
        default:
            bye("Temporary problem, please try again later", "DISCONNECTED");
            return;
    }
}

}  // namespace postrider::imap
