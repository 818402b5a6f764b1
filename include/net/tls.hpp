// TLS contexts: protocol versions, ciphers, certificates. Owner: the service; connections share one.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "core/result.hpp"

namespace postrider::net {

/// TLS_* of Courier. compat/config.md section 4.
struct TlsSettings {
    std::string certificate_file;  ///< TLS_CERTFILE: PEM, certificate, chain, and the key unless it is elsewhere
    std::string key_file;          ///< TLS_PRIVATE_KEYFILE; empty: in certificate_file
    std::string dh_params_file;    ///< TLS_DHPARAMS; empty or missing file: OpenSSL's own choice
    std::string protocol;  ///< TLS_PROTOCOL: "", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", each also with "+" or
                           ///< "++": the least version; "" is 1.2
    std::string ciphers;   ///< TLS_CIPHER_LIST; empty: OpenSSL's default
    std::string alpn;      ///< the one protocol name accepted where a client offers ALPN ("imap", "pop3")
};

/// The settings together with what their files hold: all that a process without files needs.
struct TlsMaterial {
    TlsSettings settings;
    std::string certificate;  ///< PEM
    std::string key;          ///< PEM
    std::string dh_params;    ///< PEM; empty: OpenSSL's own choice
};

/// Reads the files, each at most 1 MiB. Does file work. Errors: invalid_data; detail names the file.
Result<TlsMaterial> read_tls_files(const TlsSettings& settings);

/// A server's SSL_CTX. Immutable; any thread.
class TlsContext {
public:
    /// Errors: invalid_data; detail names the file that the wrong part came from, and what is wrong with it.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);
    ~TlsContext();

    SSL_CTX* get() const { return context_; }

private:
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    SSL_CTX* context_;
    std::string alpn_;  ///< what the selection callback of context_ points to
};

}  // namespace postrider::net
