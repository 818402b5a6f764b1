// TLS contexts: protocol versions, ciphers, certificates. Owner: the service; connections share one.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace postrider::net {

/// Whether clients are asked for a certificate (TLS_VERIFYPEER). One that is sent has to verify.
enum class ClientCertificate : std::uint8_t { not_asked, optional, required };

constexpr ClientCertificate last_value(ClientCertificate) {
    return ClientCertificate::required;
}

/// TLS_* of Courier. compat/config.md section 4.
struct TlsSettings {
    std::string certificate_file;  ///< TLS_CERTFILE: PEM, certificate, chain, and the key unless it is elsewhere
    std::string key_file;          ///< TLS_PRIVATE_KEYFILE; empty: in certificate_file
    std::string dh_params_file;    ///< TLS_DHPARAMS; empty or missing file: OpenSSL's own choice
    std::string protocol;  ///< TLS_PROTOCOL: "", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", each also with "+" or
                           ///< "++": the least version; "" is 1.2
    std::string ciphers;   ///< TLS_CIPHER_LIST; empty: OpenSSL's default
    std::string alpn;      ///< the one protocol name accepted where a client offers ALPN ("imap", "pop3")
    ClientCertificate client_certificate = ClientCertificate::not_asked;
    std::string trusted;         ///< TLS_TRUSTCERTS: whose signatures count; used when certificates are asked for
    std::string identity_field;  ///< TLS_EXTERNAL: see is_subject_field(); empty: none
};

/// The settings together with what their files hold: all that a process without files needs.
struct TlsMaterial {
    TlsSettings settings;
    std::string certificate;  ///< PEM
    std::string key;          ///< PEM
    std::string dh_params;    ///< PEM; empty: OpenSSL's own choice
    std::string trusted;      ///< PEM; empty when no certificates are asked for
};

/// Reads the files, each at most 1 MiB. Does file work. Errors: invalid_data; detail names the file.
Result<TlsMaterial> read_tls_files(const TlsSettings& settings);

/// The certificates in a PEM file, or in the files of a directory: at most 4096 files of 1 MiB each, others than PEM
/// are passed over. Gives each once, as PEM, at most 1 MiB. Does file work.
/// Errors: invalid_data; detail names the file; also when there is no certificate, or when their names together are
/// longer than 32 KiB, since clients are told them in each handshake.
Result<std::string> read_trusted_certificates(const std::string& path);

/// Whether OpenSSL knows a field of that name, short or long, in any case ("emailAddress", "CN", "commonName"); or
/// it is a number in dots ("2.5.4.3").
bool is_subject_field(const std::string& name);

/// What both ends of one connection over TLS know and nobody between them can imitate. RFC 5056, RFC 5929, RFC 9266.
struct TlsBinding {
    std::string type;  ///< its registered name
    std::string data;  ///< bytes
};

/// A server's SSL_CTX. Immutable; any thread.
class TlsContext {
public:
    /// Errors: invalid_data; detail names the file that the wrong part came from, and what is wrong with it.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);
    ~TlsContext();

    SSL_CTX* get() const { return context_; }
    /// Null when TLS_EXTERNAL names none.
    const ASN1_OBJECT* identity_field() const { return identity_field_; }

private:
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    SSL_CTX* context_;
    ASN1_OBJECT* identity_field_ = nullptr;
    std::string alpn_;  ///< what the selection callback of context_ points to
};

}  // namespace postrider::net
