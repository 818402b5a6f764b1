// How what the auth room speaks of travels between processes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "auth/account.hpp"
#include "auth/sasl.hpp"
#include "core/limits.hpp"
#include "service/codec.hpp"

namespace postrider::service {

constexpr std::size_t account_text_bytes = 4096;
constexpr std::size_t scram_signature_bytes = 32;
constexpr std::size_t scram_nonce_bytes = 64;
constexpr std::size_t scram_salt_bytes = 1024;

}  // namespace postrider::service

// In the room that they are from, where they are looked for.
namespace postrider::auth {

template <class C>
void fields(C& c, Account& a) {
    service::bounded(c, a.address, service::account_text_bytes);
    c& a.uid& a.gid;
    service::bounded(c, a.home, service::account_text_bytes);
    service::bounded(c, a.maildir, service::account_text_bytes);
    service::bounded(c, a.quota, service::account_text_bytes);
    service::bounded(c, a.full_name, service::account_text_bytes);
    service::bounded(c, a.options, service::account_text_bytes);
    service::bounded(c, a.system_user, service::account_text_bytes);
}

inline void fields(service::Encoder& c, MechanismSet& set) {
    c& set.bits();
}
inline void fields(service::Decoder& c, MechanismSet& set) {
    std::uint32_t bits = 0;
    c& bits;
    set = MechanismSet::from_bits(bits);
}
template <class C>
void fields(C& c, SaslSettings& s) {
    c& s.plain& s.over_tls& s.host;
}

constexpr HmacHash last_value(HmacHash) {
    return HmacHash::sha256;
}
constexpr ScramHash last_value(ScramHash) {
    return ScramHash::sha256;
}
template <class C>
void fields(C& c, Credentials& a) {
    service::bounded(c, a.user, limits::sasl_bytes);
    service::bounded(c, a.password, limits::sasl_bytes);
    service::bounded(c, a.timestamp, limits::sasl_bytes);
}
template <class C>
void fields(C& c, CramProof& a) {
    c& a.hash;
    service::bounded(c, a.user, limits::sasl_bytes);
    service::bounded(c, a.challenge, limits::sasl_bytes);
    service::bounded(c, a.digest, limits::sasl_bytes);
}
template <class C>
void fields(C& c, ScramQuestion& a) {
    c& a.hash;
    service::bounded(c, a.user, limits::sasl_bytes);
}
template <class C>
void fields(C& c, ScramOffer& a) {
    service::bounded(c, a.nonce, service::scram_nonce_bytes);
    service::bounded(c, a.salt, service::scram_salt_bytes);
    c& a.iterations;
}
template <class C>
void fields(C& c, ScramProof& a) {
    c& a.hash;
    for (std::string* text : {&a.user, &a.client_first, &a.nonce, &a.client_final, &a.proof}) {
        service::bounded(c, *text, limits::sasl_bytes);
    }
}
template <class C>
void fields(C& c, ExternalIdentity& a) {
    service::bounded(c, a.user, limits::sasl_bytes);
}

}  // namespace postrider::auth
