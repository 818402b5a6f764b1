// SASL exchanges: the first byte chooses mechanism and initial response, each line after it is one message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto exchange = auth::make_sasl_exchange((data[0] & 1) != 0 ? "PLAIN" : "LOGIN");
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
