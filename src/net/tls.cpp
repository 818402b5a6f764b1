// TLS contexts. Versions and ciphers: compat/config.md section 4 (TLS_*); OpenSSL by way of asio::ssl's types.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "net/client_certificate.hpp"
#include "net/pem.hpp"

namespace postrider::net {

namespace {

struct ProtocolRow {
    std::string_view name;
    int least;
};

// Courier's words; TLSv1.3 is ours. Its default "TLSv1" meant 1998's clients: what is unset starts at 1.2 here.
constexpr ProtocolRow protocol_rows[] = {
    {"", TLS1_2_VERSION},        {"TLSv1", TLS1_VERSION},     {"TLS1", TLS1_VERSION},
    {"TLSv1.1", TLS1_1_VERSION}, {"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION},
};

std::optional<int> least_version(std::string_view protocol) {
    while (protocol.ends_with('+')) {
        protocol.remove_suffix(1);
    }
    for (const ProtocolRow& row : protocol_rows) {
        if (row.name == protocol) {
            return row.least;
        }
    }
    return std::nullopt;
}

/// Picks our protocol where the client offers it; a client that offers only others is refused.
int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                void* wanted) {
    const std::string_view name(static_cast<const char*>(wanted));
    for (unsigned at = 0; at < in_size; at += in[at] + 1u) {
        const std::string_view offered(reinterpret_cast<const char*>(in + at + 1), in[at]);
        if (offered == name) {
            *out = in + at + 1;
            *out_size = in[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// A key with a passphrase would make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

Result<void> use_dh_params(SSL_CTX* context, const TlsMaterial& material) {
    if (material.dh_params.empty()) {
        SSL_CTX_set_dh_auto(context, 1);
        return {};
    }
    EVP_PKEY* params = PEM_read_bio_Parameters(bio_of(material.dh_params).get(), nullptr);
    if (params == nullptr || SSL_CTX_set0_tmp_dh_pkey(context, params) != 1) {
        EVP_PKEY_free(params);
        return file_error(material.settings.dh_params_file, "no Diffie-Hellman parameters in PEM form");
    }
    return {};
}

/// The server's certificate and those of its chain that follow it.
bool use_chain(SSL_CTX* context, const std::string& pem) {
    const Bio bio = bio_of(pem);
    X509* own = PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, nullptr);
    const bool used = own != nullptr && SSL_CTX_use_certificate(context, own) == 1;
    X509_free(own);
    if (!used) {
        return false;
    }
    while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            return false;
        }
    }
    // The end of the file is told as an error.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end) {
        ERR_clear_error();
    }
    return at_end;
}

bool use_key(SSL_CTX* context, const std::string& pem) {
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_passphrase, nullptr);
    const bool used = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    return used;
}

Result<void> use_certificate(SSL_CTX* context, const TlsMaterial& material) {
    const std::string& key_file = key_file_of(material.settings);
    if (!use_chain(context, material.certificate)) {
        return file_error(material.settings.certificate_file, "no certificate in PEM form could be read");
    }
    if (!use_key(context, material.key)) {
        return file_error(key_file, "no private key in PEM form without a passphrase could be read");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return file_error(key_file, "the private key does not belong to the certificate");
    }
    return {};
}

Result<void> set_up(SSL_CTX* context, const TlsMaterial& material) {
    const TlsSettings& settings = material.settings;
    const auto least = least_version(settings.protocol);
    if (!least) {
        return Error(Code::invalid_data, "TLS_PROTOCOL: unknown protocol " + settings.protocol);
    }
    SSL_CTX_set_min_proto_version(context, *least);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    const std::string service = "postrider-" + settings.alpn;
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(service.data()),
                                   static_cast<unsigned>(service.size()));
    if (!settings.ciphers.empty() && SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
        return Error(Code::invalid_data, "TLS_CIPHER_LIST: no cipher of the list is known: " + settings.ciphers);
    }
    if (auto certificate = use_certificate(context, material); !certificate) {
        return certificate;
    }
    if (auto params = use_dh_params(context, material); !params) {
        return params;
    }
    return settings.client_certificate == ClientCertificate::not_asked ? Result<void>()
                                                                       : ask_for_certificates(context, material);
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsMaterial& material) {
    const TlsSettings& settings = material.settings;
    SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
    if (raw == nullptr) {
        return Error(Code::internal, "SSL_CTX_new: " + openssl_reason());
    }
    std::shared_ptr<TlsContext> context(new TlsContext(raw));
    if (auto done = set_up(raw, material); !done) {
        return done.error();
    }
    if (!settings.identity_field.empty()) {
        context->identity_field_ = subject_field(settings.identity_field);
        if (context->identity_field_ == nullptr) {
            return Error(Code::invalid_data, "TLS_EXTERNAL: no field of a certificate: " + settings.identity_field);
        }
    }
    if (!settings.alpn.empty()) {
        context->alpn_ = settings.alpn;
        SSL_CTX_set_alpn_select_cb(raw, choose_alpn, context->alpn_.data());
    }
    return std::shared_ptr<const TlsContext>(std::move(context));
}

TlsContext::~TlsContext() {
    ASN1_OBJECT_free(identity_field_);
    SSL_CTX_free(context_);
}

}  // namespace postrider::net
