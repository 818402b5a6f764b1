// TLS contexts. Versions and ciphers: compat/config.md section 4 (TLS_*); OpenSSL by way of asio::ssl's types.
#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <optional>
#include <string_view>
#include <utility>

namespace postrider::net {

namespace {

std::string openssl_reason() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
    return reason != nullptr ? reason : "unknown reason";
}

Error file_error(const std::string& file, const std::string& what) {
    return {Code::invalid_data, file + ": " + what + " (" + openssl_reason() + ")"};
}

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

Result<void> load_dh_params(SSL_CTX* context, const std::string& file) {
    BIO* bio = file.empty() ? nullptr : BIO_new_file(file.c_str(), "r");
    if (bio == nullptr) {
        ERR_clear_error();
        SSL_CTX_set_dh_auto(context, 1);
        return {};
    }
    EVP_PKEY* params = PEM_read_bio_Parameters(bio, nullptr);
    BIO_free(bio);
    if (params == nullptr || SSL_CTX_set0_tmp_dh_pkey(context, params) != 1) {
        EVP_PKEY_free(params);
        return file_error(file, "no Diffie-Hellman parameters in PEM form");
    }
    return {};
}

Result<void> load_certificate(SSL_CTX* context, const TlsSettings& settings) {
    const std::string& file = settings.certificate_file;
    const std::string& key = settings.key_file.empty() ? file : settings.key_file;
    if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1) {
        return file_error(file, "no certificate in PEM form could be read");
    }
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return file_error(key, "no private key in PEM form could be read");
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return file_error(key, "the private key does not belong to the certificate");
    }
    return {};
}

Result<void> set_up(SSL_CTX* context, const TlsSettings& settings) {
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
    if (auto certificate = load_certificate(context, settings); !certificate) {
        return certificate;
    }
    return load_dh_params(context, settings.dh_params_file);
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsSettings& settings) {
    SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
    if (raw == nullptr) {
        return Error(Code::internal, "SSL_CTX_new: " + openssl_reason());
    }
    std::shared_ptr<TlsContext> context(new TlsContext(raw));
    if (auto done = set_up(raw, settings); !done) {
        return done.error();
    }
    if (!settings.alpn.empty()) {
        context->alpn_ = settings.alpn;
        SSL_CTX_set_alpn_select_cb(raw, choose_alpn, context->alpn_.data());
    }
    return std::shared_ptr<const TlsContext>(std::move(context));
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

}  // namespace postrider::net
