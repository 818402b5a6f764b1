// From the greeting to an open maildrop. compat/pop3.md sections 1 and 2, RFC 2595 (STLS), RFC 5034 (AUTH), RFC 3206.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "auth/apop.hpp"
#include "auth/sasl_dialogue.hpp"
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

}  // namespace

/// AUTH's side of an exchange.
class Session::Party : public auth::SaslParty {
public:
    explicit Party(Session& session) : session_(session) {}

    Task<std::optional<std::string>> ask(std::string challenge) override {
        session_.connection_.write("+ " + base64_encode(challenge) + "\r\n");
        const auto line = co_await session_.next_line(session_.input_deadline());
        if (!line) {
            session_.closed(line.error());
            co_return std::nullopt;
        }
        if (*line == "*") {
            reply_ = refused("Authentication aborted.");
            co_return std::nullopt;
        }
        if (line->size() >= limits::pop3_line_bytes) {
            reply_ = wrong("Authentication failed. The response is too long.");
            co_return std::nullopt;
        }
        auto response = base64_decode(*line);
        if (!response) {
            reply_ = wrong("Authentication failed. The response is not base64.");
        }
        co_return response;
    }
    Task<std::optional<Result<auth::Grant>>> log_in(auth::Proof proof) override {
        co_return co_await session_.ask_gate(std::move(proof));
    }
    Task<std::optional<Result<auth::ScramOffer>>> offer(auth::ScramQuestion question) override {
        co_return co_await session_.ask_gate(std::move(question));
    }

    void abandon(const auth::Grant& grant) override { session_.environment_.gate->abandon(grant.session); }

    /// Where an exchange ended without an outcome.
    Reply reply() const { return reply_; }

private:
    Session& session_;
    Reply reply_ = given();
};

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
    co_return co_await log_in(std::move(credentials));
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
    co_return co_await log_in(std::move(credentials));
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
        if (const std::string trouble = connection_.tls_trouble(); !trouble.empty()) {
            log_line(LogLevel::debug, log_peer() + ", " + trouble, Protocol::pop3);
        }
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
    const auth::SaslContext context = sasl_context();
    const auto sasl = auth::make_sasl_exchange(mechanism, context);
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
    Party party(*this);
    auto outcome = co_await auth::converse(*sasl, std::move(initial), party);
    if (const auto* grant = std::get_if<auth::Grant>(&outcome)) {
        co_return admitted(*grant);
    }
    if (const auto* failure = std::get_if<auth::SaslFailure>(&outcome)) {
        co_return wrong("Authentication failed: " + failure->reason + ".");
    }
    if (const auto* error = std::get_if<Error>(&outcome)) {
        co_return refused_login(*error, "method=" + mechanism, mechanism);
    }
    co_return party.reply();
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

// --- Login -----------------------------------------------------------------------------------------------------------

Task<Reply> Session::log_in(auth::Credentials credentials) {
    const std::string who = "user=" + auth::claimed_name(credentials.user);
    auth::Proof proof = std::move(credentials);
    const auto grant = co_await ask_gate(std::move(proof));
    if (!grant) {
        co_return given();
    }
    co_return *grant ? admitted(**grant) : refused_login(grant->error(), who, {});
}

/// pause() ends when the connection is to end: an answer may take its time.
Task<std::optional<Result<auth::Grant>>> Session::ask_gate(auth::Proof proof) {
    auth::LoginRequest request{Protocol::pop3, std::move(proof), peer_.address, is_secure()};
    auto answer = co_await (environment_.gate->log_in(std::move(request)) || connection_.pause(net::Deadline::max()));
    if (answer.index() != 0) {
        closed(std::get<1>(answer).error());
        co_return std::nullopt;
    }
    co_return std::get<0>(std::move(answer));
}

Task<std::optional<Result<auth::ScramOffer>>> Session::ask_gate(auth::ScramQuestion question) {
    auto asked = environment_.gate->offer(Protocol::pop3, std::move(question), peer_.address);
    auto answer = co_await (std::move(asked) || connection_.pause(net::Deadline::max()));
    if (answer.index() != 0) {
        closed(std::get<1>(answer).error());
        co_return std::nullopt;
    }
    co_return std::get<0>(std::move(answer));
}

Reply Session::admitted(const auth::Grant& grant) {
    admission_ = std::make_unique<Admission>();
    admission_->session = grant.session;
    admission_->protocol = Protocol::pop3;
    admission_->peer = peer_;
    admission_->tls = is_secure();
    admission_->utf8 = utf8_;
    admission_->started = started_;
    return given();
}

Reply Session::refused_login(const Error& error, const std::string& who, std::string_view method) {
    log_line(LogLevel::info, "LOGIN FAILED, " + who + ", " + log_peer(), Protocol::pop3);
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
