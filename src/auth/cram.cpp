#include "auth/cram.hpp"

#include "auth/credential_fault.hpp"
#include "auth/crypt.hpp"
#include "auth/hmac_state.hpp"
#include "core/text.hpp"

namespace postrider::auth {

std::string make_cram_challenge(std::string_view host) {
    return "<" + upper(hex_of(random_bytes(16))) + "@" + std::string(host) + ">";
}

std::optional<CramProof> parse_cram_response(HmacHash hash, std::string_view challenge, std::string_view response) {
    const auto blank = response.rfind(' ');
    if (blank == 0 || blank == std::string_view::npos) {
        return std::nullopt;
    }
    const auto user = response.substr(0, blank);
    const auto digest = response.substr(blank + 1);
    const auto bytes = bytes_of_hex(digest);
    if (!fault_of(user).empty() || !bytes || bytes->size() != size_of(hash)) {
        return std::nullopt;
    }
    return CramProof{hash, std::string(user), std::string(challenge), lower(digest)};
}

bool cram_matches(const CramProof& proof, std::string_view stored) {
    const auto password = clear_text_of(stored);
    auto states = password ? hmac_states_of(proof.hash, *password) : read_hmac_states(proof.hash, stored);
    const bool is_secret = states.has_value();
    if (!is_secret) {
        const std::string zeros(size_of(proof.hash), '\0');
        states = HmacStates{zeros, zeros};
    }
    const bool matches = is_same_secret(hex_of(hmac_of(proof.hash, *states, proof.challenge)), proof.digest);
    wipe(states->outer);
    wipe(states->inner);
    return matches && is_secret;
}

}  // namespace postrider::auth
