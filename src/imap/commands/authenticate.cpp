// AUTHENTICATE with an optional initial response. RFC 3501 section 6.2.2, RFC 4959 (SASL-IR), RFC 4422.
#include <optional>
#include <utility>
#include <variant>

#include "auth/sasl_dialogue.hpp"
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

class Party : public auth::SaslParty {
public:
    /// received: octets of base64 so far.
    Party(Session& session, std::size_t received) : session_(session), received_(received) {}

    Task<std::optional<std::string>> ask(std::string challenge) override {
        const std::string text = base64_encode(challenge);
        const bool sent = co_await session_.continuation(text);
        if (!sent) {
            co_return std::nullopt;
        }
        const auto line = co_await session_.exchange_line(limits::sasl_bytes);
        if (!line) {
            co_return std::nullopt;
        }
        received_ += line->size();
        if (*line == "*") {
            reply_ = bad("AUTHENTICATE was cancelled by the client");
            co_return std::nullopt;
        }
        auto message = base64_decode(*line);
        if (!message || received_ > limits::sasl_bytes) {
            reply_ = bad(message ? "Error in IMAP command: the exchange is too long"
                                 : "Error in IMAP command: the response is not base64");
            co_return std::nullopt;
        }
        co_return message;
    }
    Task<std::optional<Result<auth::Grant>>> log_in(auth::Proof proof) override {
        co_return co_await session_.ask_gate(std::move(proof));
    }
    Task<std::optional<Result<auth::ScramOffer>>> offer(auth::ScramQuestion question) override {
        co_return co_await session_.ask_gate(std::move(question));
    }

    void abandon(const auth::Grant& grant) override { session_.environment().gate->abandon(grant.session); }

    /// Where an exchange ended without an outcome.
    Reply reply() const { return reply_; }

private:
    Session& session_;
    std::size_t received_;
    Reply reply_ = no("[UNAVAILABLE] Login failed.");
};

Reply reply_to(Session& session, auth::SaslOutcome outcome, const Party& party, const std::string& mechanism) {
    if (const auto* grant = std::get_if<auth::Grant>(&outcome)) {
        return session.admitted(*grant);
    }
    if (const auto* failure = std::get_if<auth::SaslFailure>(&outcome)) {
        return no("[AUTHENTICATIONFAILED] Login failed: " + failure->reason + ".");
    }
    if (const auto* error = std::get_if<Error>(&outcome)) {
        return session.refused_login(*error, "method=" + mechanism);
    }
    return party.reply();
}

Task<Reply> run(Session& session, Args args) {
    if (session.settings().tls_required && !session.is_secure()) {
        co_return no("[PRIVACYREQUIRED] STARTTLS required");
    }
    const auth::SaslContext context = session.sasl_context();
    const auto sasl = auth::make_sasl_exchange(args.mechanism, context);
    if (sasl == nullptr) {
        co_return no("[CANNOT] Unknown authentication mechanism.");
    }
    std::optional<std::string> initial;
    if (args.initial) {
        initial = *args.initial == "=" ? std::string() : base64_decode(*args.initial);
        if (!initial) {
            co_return bad("Error in IMAP command: the initial response is not base64");
        }
    }
    Party party(session, args.initial.value_or("").size());
    auto outcome = co_await auth::converse(*sasl, std::move(initial), party);
    co_return reply_to(session, std::move(outcome), party, args.mechanism);
}

}  // namespace

constinit const Command cmd_authenticate = command<parse, run>({
    .name = "AUTHENTICATE",
    .allowed_in = State::not_authenticated,
    .announce = Announce::no,
    .capability = "SASL-IR",
});

}  // namespace postrider::imap
