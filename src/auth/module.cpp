#include "auth/module.hpp"

#include <array>
#include <utility>

#include "auth/password.hpp"

namespace postrider::auth {

namespace {

struct SecretName {
    HmacHash hash;
    const char* name;
};
constexpr std::array secret_names{
    SecretName{HmacHash::md5, "hmac-md5pw"},
    SecretName{HmacHash::sha1, "hmac-sha1pw"},
    SecretName{HmacHash::sha256, "hmac-sha256pw"},
};

/// What the proof is checked against; "": nothing, which no proof fits.
std::string_view secret_for(HmacHash hash, const Record& record) {
    for (const SecretName& known : secret_names) {
        const auto found = record.secrets.find(known.name);
        if (known.hash == hash && found != record.secrets.end()) {
            return found->second;
        }
    }
    return record.stored && clear_text_of(*record.stored) ? std::string_view(*record.stored) : std::string_view();
}

}  // namespace

Task<Result<std::optional<Record>>> Module::prove(Query query, CramProof proof) {
    auto found = co_await find(std::move(query));
    if (!found) {
        co_return found.error();
    }
    // Where there is no account it takes as long.
    const bool holds = cram_matches(proof, *found ? secret_for(proof.hash, **found) : std::string_view());
    if (!holds) {
        found->reset();
    }
    co_return found;
}

}  // namespace postrider::auth
