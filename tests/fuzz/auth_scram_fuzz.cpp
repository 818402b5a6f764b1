// SCRAM: the first byte chooses hash (1), initial response (2) and -PLUS (4); each line after it is one message of the
// client. The whole text is also read as a stored secret.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "auth/sasl.hpp"
#include "auth/scram_secret.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace {

using namespace postrider;

constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const auth::ScramQuestion& question) {
    require(!question.user.empty() && is_utf8(question.user));
    for (const char c : question.user) {
        require(!is_control(c));
    }
}

void check(const auth::ScramProof& proof, bool plus) {
    require(proof.nonce.ends_with(server_nonce) && proof.nonce.size() > server_nonce.size());
    require(proof.client_first.starts_with("n="));
    require(proof.client_final.starts_with(plus ? "c=cD10bHMtZXhwb3J0ZXIs" : "c="));
    require(proof.client_final.find(",r=" + proof.nonce) != std::string::npos);
    static const auth::ProcessSecret secret;
    require(!auth::ScramVerifier(secret).verify(proof, "", {}));
}

void read_stored(std::string_view text, auth::ScramHash hash) {
    if (const auto secret = auth::read_scram_secret(hash, text)) {
        const auto printed = auth::print_scram_secret(hash, *secret);
        const auto again = auth::read_scram_secret(hash, printed);
        require(again && auth::print_scram_secret(hash, *again) == printed);
    }
}

/// What who drives an exchange does with a step.
auth::SaslStep answer(auth::SaslExchange& exchange, auth::SaslStep step, bool plus) {
    if (const auto* question = std::get_if<auth::ScramQuestion>(&step)) {
        check(*question);
        return exchange.offered({std::string(server_nonce), "salt", 4096});
    }
    if (const auto* proof = std::get_if<auth::ScramProof>(&step)) {
        check(*proof, plus);
        return exchange.verified("signature");
    }
    return step;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const bool is_sha256 = (data[0] & 1) != 0;
    const bool plus = (data[0] & 4) != 0;
    read_stored(text, is_sha256 ? auth::ScramHash::sha256 : auth::ScramHash::sha1);

    auth::SaslContext context;
    context.announced = auth::mechanisms_in("SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "");
    context.bindings = {{"tls-exporter", "data"}};
    const std::string name = std::string(is_sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-1") + (plus ? "-PLUS" : "");
    const auto exchange = auth::make_sasl_exchange(name, context);
    if ((data[0] & 2) == 0) {
        (void)exchange->start(std::nullopt);
    }
    bool is_first = (data[0] & 2) != 0;
    for (int messages = 0; messages < 8; ++messages) {
        const auto end = text.find('\n');
        const auto message = text.substr(0, end);
        auto step = is_first ? exchange->start(message) : exchange->next(message);
        is_first = false;
        step = answer(*exchange, std::move(step), plus);
        if (!std::holds_alternative<auth::SaslChallenge>(step)) {
            require(std::holds_alternative<auth::SaslFailure>(exchange->next(message)));
            break;
        }
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return 0;
}
