#include "auth/sasl_dialogue.hpp"

#include <utility>

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

/// One exchange under way: each step makes the next one, or the outcome.
class Dialogue {
public:
    Dialogue(SaslExchange& exchange, SaslParty& party) : exchange_(exchange), party_(party) {}

    Task<SaslOutcome> run(std::optional<std::string> initial) {
        SaslStep step = exchange_.start(initial);
        while (!outcome_) {
            step = co_await next(std::move(step));
        }
        if (grant_ && !std::holds_alternative<Grant>(*outcome_)) {
            party_.abandon(*grant_);  // the client did not want it any more
        }
        co_return std::move(*outcome_);
    }

private:
    Task<SaslStep> next(SaslStep step) {
        if (auto* const challenge = std::get_if<SaslChallenge>(&step)) {
            const auto answer = co_await party_.ask(std::move(challenge->bytes));
            co_return answer ? exchange_.next(*answer) : end(std::monostate());
        }
        if (auto* const question = std::get_if<ScramQuestion>(&step)) {
            const auto offer = co_await party_.offer(std::move(*question));
            if (!offer || !*offer) {
                co_return offer ? end(offer->error()) : end(std::monostate());
            }
            co_return exchange_.offered(**offer);
        }
        if (auto* const proof = std::get_if<ScramProof>(&step)) {
            co_await log_in(std::move(*proof));
            co_return grant_ ? exchange_.verified(grant_->signature) : SaslStep(SaslDone());
        }
        if (auto* const failure = std::get_if<SaslFailure>(&step)) {
            co_return end(std::move(*failure));
        }
        if (auto* const credentials = std::get_if<Credentials>(&step)) {
            co_await log_in(std::move(*credentials));
        } else if (auto* const cram = std::get_if<CramProof>(&step)) {
            co_await log_in(std::move(*cram));
        } else if (auto* const external = std::get_if<ExternalIdentity>(&step)) {
            co_await log_in(std::move(*external));
        }
        if (!outcome_ && grant_) {
            outcome_ = *grant_;
        }
        co_return SaslDone();
    }

    /// Leaves a grant, or an outcome.
    Task<void> log_in(Proof proof) {
        auto answer = co_await party_.log_in(std::move(proof));
        if (!answer) {
            outcome_ = std::monostate();
        } else if (!*answer) {
            outcome_ = answer->error();
        } else {
            grant_ = std::move(**answer);
        }
    }

    SaslStep end(SaslOutcome outcome) {
        outcome_ = std::move(outcome);
        return SaslDone();
    }

    SaslExchange& exchange_;
    SaslParty& party_;
    std::optional<Grant> grant_;
    std::optional<SaslOutcome> outcome_;
};

}  // namespace

Task<SaslOutcome> converse(SaslExchange& exchange, std::optional<std::string> initial, SaslParty& party) {
    Dialogue dialogue(exchange, party);
    co_return co_await dialogue.run(std::move(initial));
}

}  // namespace postrider::auth
