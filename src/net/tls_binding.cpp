#include "net/tls_binding.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string_view>
#include <utility>

namespace postrider::net {

namespace {

/// Without the extended master secret (RFC 7627) somebody in the middle can make the secrets of two sessions equal.
bool has_extended_secret(SSL* ssl) {
    return SSL_get_extms_support(ssl) == 1;
}

/// tls-exporter. RFC 9266 section 2: a context that is there and empty.
std::string exported_by(SSL* ssl) {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    unsigned char bytes[32];
    const unsigned char no_context = 0;
    const bool done =
        SSL_export_keying_material(ssl, bytes, sizeof bytes, label.data(), label.size(), &no_context, 0, 1) == 1;
    return done ? std::string(reinterpret_cast<const char*>(bytes), sizeof bytes) : "";
}

/// tls-server-end-point: the certificate's digest by the hash of its signature. RFC 5929 section 4.1. "" where the
/// signature has no hash of its own (Ed25519).
std::string digest_of(const X509* certificate) {
    int hash = NID_undef;
    if (certificate == nullptr ||
        X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr) != 1) {
        return "";
    }
    const bool is_weak = hash == NID_md5 || hash == NID_sha1;
    const EVP_MD* digest = is_weak ? EVP_sha256() : EVP_get_digestbynid(hash);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const bool done = digest != nullptr && X509_digest(certificate, digest, bytes, &size) == 1;
    return done ? std::string(reinterpret_cast<const char*>(bytes), size) : "";
}

/// tls-unique: the first Finished message of the handshake. RFC 5929 section 3.1: the client's, but for a resumed
/// session the server's.
std::string first_finished(const SSL* ssl) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    const std::size_t size = SSL_session_reused(ssl) == 1 ? SSL_get_finished(ssl, bytes, sizeof bytes)
                                                          : SSL_get_peer_finished(ssl, bytes, sizeof bytes);
    return size <= sizeof bytes ? std::string(reinterpret_cast<const char*>(bytes), size) : "";
}

}  // namespace

std::vector<TlsBinding> bindings_of(SSL* ssl) {
    std::vector<TlsBinding> all;
    if (SSL_is_init_finished(ssl) != 1) {
        return all;
    }
    const auto add = [&](const char* type, std::string data) {
        if (!data.empty()) {
            all.push_back({type, std::move(data)});
        }
    };
    const bool is_new = SSL_version(ssl) >= TLS1_3_VERSION;
    if (is_new || has_extended_secret(ssl)) {
        add("tls-exporter", exported_by(ssl));
    }
    add("tls-server-end-point", digest_of(SSL_get_certificate(ssl)));
    if (!is_new && has_extended_secret(ssl)) {
        add("tls-unique", first_finished(ssl));
    }
    ERR_clear_error();
    return all;
}

}  // namespace postrider::net
