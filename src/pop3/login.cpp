// From the greeting to an open maildrop. compat/pop3.md sections 1 and 2, RFC 2595 (STLS), RFC 5034 (AUTH), RFC 3206.
#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "auth/apop.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "pop3/reply.hpp"
#include "pop3/session.hpp"
#include "pop3/wire/command_line.hpp"

namespace postrider::pop3 {

using namespace asio::experimental::awaitable_operators;

namespace {

constexpr std::string_view temporary = "[SYS/TEMP] Temporary problem, please try again later";

/// A name as Courier logs it here: printable ASCII, the rest as dots.
std::string log_name(std::string_view name) {
    constexpr std::size_t most = 900;  // so that the line stays below 1024 bytes
    std::string safe = log_safe(name, most);
    std::ranges::replace_if(
        safe, [](char c) { return static_cast<unsigned char>(c) > 126; }, '.');
    return safe;
}

}  // namespace

// --- Commands before login -------------------------------------------------------------------------------------------

Task<Reply> Session::user(std::string_view arguments) {
    if (settings().tls_required && !is_secure()) {
        co_return refused("TLS required to log in.");
    }
    const std::string_view name = trimmed(arguments);
    if (name.empty()) {
        co_return wrong("Invalid command. USER needs a name.");
    }
    name_ = name;
    co_return ok("Password required.");
}

Task<Reply> Session::pass(std::string_view arguments) {
    if (name_.empty() || arguments.empty()) {
        co_return wrong("USER/PASS required.");
    }
    auth::Credentials credentials(name_, std::string(arguments));
    co_return co_await log_in(std::move(credentials), {});
}

/// A name may hold blanks, a digest none.
Task<Reply> Session::apop(std::string_view arguments) {
    if (timestamp_.empty()) {
        co_return wrong("Invalid command. APOP is not offered.");
    }
    if (settings().tls_required && !is_secure()) {
        co_return refused("TLS required to log in.");
    }
    const std::string_view text = trimmed(arguments);
    const std::size_t blank = text.find_last_of(" \t");
    const std::string_view name = trimmed(text.substr(0, blank));
    const std::string_view digest = blank == std::string_view::npos ? "" : text.substr(blank + 1);
    if (name.empty() || !auth::is_apop_digest(digest)) {
        co_return wrong("Invalid command. APOP needs a name and a digest of 32 hex digits.");
    }
    auth::Credentials credentials{std::string(name), std::string(digest)};
    credentials.timestamp = timestamp_;
    co_return co_await log_in(std::move(credentials), {});
}

/// What the client told in clear counts no more, and what it sent behind the command is thrown away.
Task<Reply> Session::stls(std::string_view) {
    if (is_secure()) {
        co_return wrong("Invalid command. TLS is on already.");
    }
    if (environment_.stls == nullptr) {
        co_return refused("TLS support not available.");
    }
    connection_.write("+OK Begin SSL/TLS negotiation now.\r\n");
    auto done = co_await connection_.flush();
    if (done) {
        done = co_await connection_.start_tls(environment_.stls, input_deadline());
    }
    if (!done) {
        end("DISCONNECTED");
    }
    name_.clear();
    utf8_ = false;
    co_return given();
}

Task<Reply> Session::authenticate(std::string_view arguments) {
    if (settings().tls_required && !is_secure()) {
        co_return refused("TLS required to log in.");
    }
    const std::string mechanism = upper(wire::take_word(arguments));
    if (mechanism.empty()) {
        co_return wrong("Invalid command. AUTH needs a mechanism.");
    }
    const auto sasl = auth::make_sasl_exchange(mechanism);
    if (sasl == nullptr) {
        co_return wrong("Authentication failed. There is no such mechanism.");
    }
    std::optional<std::string> initial;
    if (const std::string_view word = wire::take_word(arguments); !word.empty()) {
        initial = word == "=" ? std::string() : base64_decode(word);
        if (!initial) {
            co_return wrong("Authentication failed. The initial response is not base64.");
        }
    }
    auto outcome = co_await exchange(*sasl, std::move(initial));
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
        co_return *reply;
    }
    auth::Credentials credentials = std::get<auth::Credentials>(std::move(outcome));
    co_return co_await log_in(std::move(credentials), mechanism);
}

/// The credentials at the end of the exchange, or the reply that ends it.
Task<std::variant<auth::Credentials, Reply>> Session::exchange(auth::SaslExchange& sasl,
                                                               std::optional<std::string> initial) {
    auth::SaslStep step = sasl.start(initial);
    while (const auto* challenge = std::get_if<auth::SaslChallenge>(&step)) {
        connection_.write("+ " + base64_encode(challenge->bytes) + "\r\n");
        const auto line = co_await next_line(input_deadline());
        if (!line) {
            closed(line.error());
            co_return given();
        }
        if (*line == "*") {
            co_return refused("Authentication aborted.");
        }
        if (line->size() >= limits::pop3_line_bytes) {
            co_return wrong("Authentication failed. The response is too long.");
        }
        const auto response = base64_decode(*line);
        if (!response) {
            co_return wrong("Authentication failed. The response is not base64.");
        }
        step = sasl.next(*response);
    }
    if (const auto* failure = std::get_if<auth::SaslFailure>(&step)) {
        co_return wrong("Authentication failed: " + failure->reason + ".");
    }
    co_return std::get<auth::Credentials>(std::move(step));
}

// --- Login -----------------------------------------------------------------------------------------------------------

Task<Reply> Session::log_in(auth::Credentials credentials, std::string_view method) {
    const std::string who = method.empty() ? "user=" + log_name(credentials.user) : "method=" + std::string(method);
    auth::LoginRequest request{Protocol::pop3, std::move(credentials), peer_.address, is_secure()};
    // pause() ends when the connection is to end: a refusal may take its time.
    auto answered = co_await (environment_.gate->log_in(std::move(request)) || connection_.pause(net::Deadline::max()));
    if (answered.index() != 0) {
        closed(std::get<1>(answered).error());
        co_return given();
    }
    const auto grant = std::get<0>(std::move(answered));
    if (!grant) {
        log_line(LogLevel::info, "LOGIN FAILED, " + who + ", " + log_peer(), Protocol::pop3);
        co_return refused_login(grant.error(), method);
    }
    admission_ = std::make_unique<Admission>();
    admission_->session = grant->session;
    admission_->protocol = Protocol::pop3;
    admission_->peer = peer_;
    admission_->tls = is_secure();
    admission_->utf8 = utf8_;
    admission_->started = started_;
    co_return given();
}

Reply Session::refused_login(const Error& error, std::string_view method) {
    if (error.code == Code::denied) {
        return refused(method.empty() ? "[AUTH] Login failed." : "[AUTH] Authentication failed.");
    }
    if (!error.detail.empty()) {  // else who knows it has logged it
        log_line(LogLevel::error, "authentication error: " + error.detail, Protocol::pop3);
    }
    if (error.code == Code::limit) {
        return refused("[IN-USE] Too many sessions of this account.");
    }
    end("DISCONNECTED");
    return refused(std::string(temporary));
}

Task<Reply> Session::open_account() {
    if (environment_.may_serve) {
        if (const auto allowed = environment_.may_serve(account_); !allowed) {
            co_return refused_account(allowed.error());
        }
    }
    if (account_.is_on("disablepop3")) {
        co_return refused("[AUTH] POP3 access disabled for this account.");
    }
    if (account_.is_on("disableinsecurepop3") && !is_secure()) {
        co_return refused("[AUTH] POP3 access disabled via insecure connection.");
    }
    if (maildir_.empty()) {
        co_return refused_account(Error(Code::no_such_mailbox, "the account's maildir is empty"));
    }
    std::string maildir = maildir_;
    std::string home = preauth_ ? std::string() : account_.home;
    const auto account = co_await environment_.store->open(std::move(maildir), std::move(home));
    if (!account) {
        co_return refused_account(account.error());
    }
    auto maildrop = co_await (*account)->open_maildrop();
    if (!maildrop) {
        co_return refused_account(maildrop.error());
    }
    maildrop_ = std::move(*maildrop);
    deleted_.resize(maildrop_->count());
    if (const std::string_view trouble = maildrop_->trouble(); !trouble.empty()) {
        log_line(LogLevel::error,
                 "Error while saving courierpop3dsizelist, user=" + account_.address + ": " + std::string(trouble),
                 Protocol::pop3);
    }
    log_line(LogLevel::info, "LOGIN, user=" + account_.address + ", " + log_peer() + (is_secure() ? ", stls=1" : ""),
             Protocol::pop3);
    co_return ok("logged in.");
}

Reply Session::refused_account(const Error& error) const {
    log_line(LogLevel::error, account_.address + ": " + error.detail, Protocol::pop3);
    switch (error.code) {
        case Code::in_use:
            log_line(LogLevel::info, "LOCKED, user=" + account_.address + ", " + log_peer(), Protocol::pop3);
            return refused("[SYS/TEMP] Your account is temporarily unavailable (+t bit set on home directory).");
        case Code::no_such_mailbox:
            return refused("[SYS/PERM] Maildir invalid (no 'cur' directory)");
        case Code::not_permitted:
        case Code::wrong_owner:
            return refused("[SYS/PERM] The mailbox cannot be opened; the server's log says why");
        default:
            return refused(std::string(temporary));
    }
}

}  // namespace postrider::pop3
