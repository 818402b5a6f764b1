// SASL exchanges: the first byte chooses mechanism and initial response, each line after it is one message.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "auth/sasl.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace {

using namespace postrider;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const auth::SaslStep& step) {
    if (const auto* found = std::get_if<auth::Credentials>(&step)) {
        for (const auto* text : {&found->user, &found->password}) {
            require(text->size() <= limits::credential_bytes);
            for (const char c : *text) {
                require(!is_control(c));
            }
        }
    }
    if (const auto* proof = std::get_if<auth::CramProof>(&step)) {
        require(!proof->user.empty() && proof->user.size() <= limits::credential_bytes);
        require(proof->digest.size() == 32);
        require(!auth::cram_matches(*proof, "*"));
    }
    if (const auto* identity = std::get_if<auth::ExternalIdentity>(&step)) {
        require(identity->user == "tim");
    }
}

/// The mechanisms whose exchanges end by themselves; SCRAM has an entry of its own.
std::unique_ptr<auth::SaslExchange> exchange_of(std::uint8_t choice) {
    constexpr std::array names{"LOGIN", "PLAIN", "CRAM-MD5", "EXTERNAL"};
    auth::SaslContext context;
    context.announced.add(auth::Mechanism::cram_md5);
    context.identity = "tim";
    return auth::make_sasl_exchange(names[(choice & 1U) + (choice & 4U) / 2], context);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto exchange = exchange_of(data[0]);
    bool first = true;
    bool ended = false;
    for (int messages = 0; messages < 16; ++messages) {
        const auto end = text.find('\n');
        const auto message = text.substr(0, end);
        const bool as_initial = first && (data[0] & 2) != 0;
        auto step =
            first ? exchange->start(as_initial ? std::optional(message) : std::nullopt) : exchange->next(message);
        check(step);
        require(!ended || std::holds_alternative<auth::SaslFailure>(step));
        ended = ended || !std::holds_alternative<auth::SaslChallenge>(step);
        if (!first || as_initial) {
            if (end == std::string_view::npos) {
                break;
            }
            text.remove_prefix(end + 1);
        }
        first = false;
    }
    return 0;
}
