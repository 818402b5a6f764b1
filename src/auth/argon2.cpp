// The text form is read here, and what was checked is handed to the library field by field: its own reader would ask
// for the memory before anybody could refuse. Lanes are counted one after the other, so a hash starts no threads.
#include "auth/argon2.hpp"

#include <argon2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "auth/crypt.hpp"
#include "auth/password.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"

namespace postrider::auth {

namespace {

struct Argon2Hash {
    argon2_type type = Argon2_id;
    std::uint32_t version = ARGON2_VERSION_10;
    std::uint32_t memory = 0;  ///< KiB
    std::uint32_t passes = 0;
    std::uint32_t lanes = 0;
    std::string salt;
    std::string digest;
};

/// The text up to the next separator, or the rest; taken off.
std::string_view take(std::string_view& text, char separator) {
    const auto part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

std::optional<std::uint32_t> number_behind(std::string_view name, std::string_view text) {
    if (!text.starts_with(name)) {
        return std::nullopt;
    }
    return parse_decimal<std::uint32_t>(text.substr(name.size()));
}

std::optional<argon2_type> type_of(std::string_view name) {
    for (const auto type : {Argon2_d, Argon2_i, Argon2_id}) {
        if (name == ::argon2_type2string(type, 0)) {
            return type;
        }
    }
    return std::nullopt;
}

/// base64 without its padding.
std::optional<std::string> bytes_of(std::string_view text) {
    std::string padded(text);
    padded.append((4 - text.size() % 4) % 4, '=');
    return text.ends_with('=') ? std::nullopt : base64_decode(padded);
}

std::optional<Argon2Hash> read(std::string_view text) {
    Argon2Hash hash;
    if (!take(text, '$').empty()) {
        return std::nullopt;
    }
    const auto type = type_of(take(text, '$'));
    if (text.starts_with("v=")) {
        hash.version = number_behind("v=", take(text, '$')).value_or(0);
    }
    std::string_view costs = take(text, '$');
    const auto memory = number_behind("m=", take(costs, ','));
    const auto passes = number_behind("t=", take(costs, ','));
    const auto lanes = number_behind("p=", costs);
    auto salt = bytes_of(take(text, '$'));
    auto digest = bytes_of(text);
    const bool is_known = hash.version == ARGON2_VERSION_10 || hash.version == ARGON2_VERSION_13;
    if (!type || !is_known || !memory || !passes || !lanes || !salt || !digest) {
        return std::nullopt;
    }
    hash.type = *type;
    hash.memory = *memory;
    hash.passes = *passes;
    hash.lanes = *lanes;
    hash.salt = std::move(*salt);
    hash.digest = std::move(*digest);
    return hash;
}

bool is_affordable(const Argon2Hash& hash) {
    return hash.memory <= limits::argon2_memory_kib &&
           std::uint64_t(hash.memory) * hash.passes <= limits::argon2_work_kib;
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

bool argon2_matches(std::string_view password, std::string_view encoded) {
    auto hash = read(encoded);
    if (!hash || !is_affordable(*hash)) {
        return false;
    }
    std::string made(hash->digest.size(), '\0');
    std::string phrase(password);
    argon2_context context{};
    context.out = bytes_of(made);
    context.outlen = static_cast<std::uint32_t>(made.size());
    context.pwd = bytes_of(phrase);
    context.pwdlen = static_cast<std::uint32_t>(phrase.size());
    context.salt = bytes_of(hash->salt);
    context.saltlen = static_cast<std::uint32_t>(hash->salt.size());
    context.t_cost = hash->passes;
    context.m_cost = hash->memory;
    context.lanes = hash->lanes;
    context.threads = 1;
    context.version = hash->version;
    context.flags = ARGON2_DEFAULT_FLAGS;
    const bool is_made = ::argon2_ctx(&context, hash->type) == ARGON2_OK;
    wipe(phrase);
    return is_made && is_same_secret(made, hash->digest);
}

}  // namespace postrider::auth
