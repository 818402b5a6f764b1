// AUTHENTICATE with an optional initial response. RFC 3501 section 6.2.2, RFC 4959 (SASL-IR), RFC 4422.
#include <optional>
#include <variant>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/command.hpp"

namespace postrider::imap {

namespace {

struct Args {
    std::string mechanism;
    std::optional<std::string> initial;  ///< base64; "=" for empty
};

Parsed<Args> parse(ArgReader in) {
    Args args;
    auto mechanism = in.atom();
    if (!mechanism) {
        return in.error("a mechanism name expected");
    }
    args.mechanism = upper(*mechanism);
    if (in.take(' ')) {
        args.initial = std::string(in.rest());
    } else if (!in.done()) {
        return in.error("nothing but an initial response expected behind the mechanism");
    }
    return args;
}

/// A line of the exchange as bytes. "=" is the empty initial response.
std::optional<std::string> decoded(const std::string& line, bool initial) {
    return initial && line == "=" ? std::string() : base64_decode(line);
}

/// The credentials at the end of the exchange, or the reply that ends it.
Task<std::variant<auth::Credentials, Reply>> exchange(Session& session, auth::SaslExchange& sasl, Args args) {
    std::optional<std::string> message;
    if (args.initial) {
        message = decoded(*args.initial, true);
        if (!message) {
            co_return bad("Error in IMAP command: the initial response is not base64");
        }
    }
    auth::SaslStep step = sasl.start(message);
    std::size_t received = args.initial.value_or("").size();
    while (const auto* challenge = std::get_if<auth::SaslChallenge>(&step)) {
        const std::string text = base64_encode(challenge->bytes);
        const bool sent = co_await session.continuation(text);
        if (!sent) {
            co_return no("Login failed.");
        }
        const auto line = co_await session.exchange_line(limits::sasl_bytes);
        if (!line) {
            co_return no("Login failed.");
        }
        received += line->size();
        if (*line == "*") {
            co_return bad("AUTHENTICATE was cancelled by the client");
        }
        message = decoded(*line, false);
        if (!message || received > limits::sasl_bytes) {
            co_return bad(message ? "Error in IMAP command: the exchange is too long"
                                  : "Error in IMAP command: the response is not base64");
        }
        step = sasl.next(*message);
    }
    if (const auto* failure = std::get_if<auth::SaslFailure>(&step)) {
        co_return no("[AUTHENTICATIONFAILED] Login failed: " + failure->reason + ".");
    }
    co_return std::get<auth::Credentials>(std::move(step));
}

Task<Reply> run(Session& session, Args args) {
    if (session.settings().tls_required && !session.is_secure()) {
        co_return no("[PRIVACYREQUIRED] STARTTLS required");
    }
    const std::string mechanism = args.mechanism;
    const auto sasl = auth::make_sasl_exchange(mechanism);
    if (sasl == nullptr) {
        co_return no("[CANNOT] Unknown authentication mechanism.");
    }
    auto outcome = co_await exchange(session, *sasl, std::move(args));
    if (const auto* reply = std::get_if<Reply>(&outcome)) {
        co_return *reply;
    }
    auth::Credentials credentials = std::get<auth::Credentials>(std::move(outcome));
    co_return co_await session.log_in(std::move(credentials), mechanism);
}

}  // namespace

constinit const Command cmd_authenticate = command<parse, run>({
    .name = "AUTHENTICATE",
    .allowed_in = State::not_authenticated,
    .announce = Announce::no,
    .capability = "SASL-IR",
});

}  // namespace postrider::imap
