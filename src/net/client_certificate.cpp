#include "net/client_certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "net/pem.hpp"

namespace postrider::net {

namespace {

/// Without U+0000 to U+001F and U+007F to U+009F.
bool is_free_of_controls(std::string_view utf8) {
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const bool is_high_control = utf8[i] == '\xC2' && i + 1 < utf8.size() && utf8[i + 1] < '\xA0';
        if (is_control(utf8[i]) || is_high_control) {
            return false;
        }
    }
    return true;
}

/// "" for values that are no text. Names that are not well-formed in their encoding OpenSSL does not read at all.
std::string utf8_of(const ASN1_STRING* value) {
    unsigned char* bytes = nullptr;
    const int size = ASN1_STRING_to_UTF8(&bytes, value);
    std::string text;
    if (size > 0) {
        text.assign(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    }
    OPENSSL_free(bytes);
    ERR_clear_error();
    return text;
}

bool is_called(const char* known, const std::string& name) {
    return known != nullptr && iequals(known, name);
}

}  // namespace

// A session resumed from a ticket would be taken without another look at its certificate, and each one brings new
// tickets: a certificate would live on beyond its end. So there is no resumption where certificates are asked for.
Result<void> ask_for_certificates(SSL_CTX* context, const TlsMaterial& material) {
    const TlsSettings& settings = material.settings;
    auto trusted = certificates_in(material.trusted, settings.trusted);
    if (!trusted) {
        return trusted.error();
    }
    if (trusted->empty()) {
        return Error(Code::invalid_data, "TLS_TRUSTCERTS: no certificate there: " + settings.trusted);
    }
    for (const Certificate& certificate : *trusted) {
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1 ||
            SSL_CTX_add_client_CA(context, certificate.get()) != 1) {
            return file_error(settings.trusted, "a certificate cannot be used");
        }
    }
    const bool is_required = settings.client_certificate == ClientCertificate::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT);
    // What is named is trusted, be it an intermediate authority; as GnuTLS has it, Courier's library on Debian.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);  // those that are trusted are no part of our own chain
    return {};
}

ASN1_OBJECT* subject_field(const std::string& name) {
    ASN1_OBJECT* found = nullptr;
    for (int nid = 1; nid < OBJ_new_nid(0) && found == nullptr; ++nid) {
        if (is_called(OBJ_nid2sn(nid), name) || is_called(OBJ_nid2ln(nid), name)) {
            found = OBJ_nid2obj(nid);
        }
    }
    if (found == nullptr) {
        found = OBJ_txt2obj(name.c_str(), 1);
    }
    ERR_clear_error();
    return found;
}

bool is_subject_field(const std::string& name) {
    ASN1_OBJECT* field = subject_field(name);
    ASN1_OBJECT_free(field);
    return field != nullptr;
}

std::string identity_of(const SSL* ssl, const ASN1_OBJECT* field) {
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr || SSL_is_init_finished(ssl) != 1 || SSL_get_verify_result(ssl) != X509_V_OK) {
        return "";
    }
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_OBJ(subject, field, -1);
    if (at < 0 || X509_NAME_get_index_by_OBJ(subject, field, at) >= 0) {
        return "";
    }
    std::string text = utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    const bool is_name = text.size() <= limits::credential_bytes && is_free_of_controls(text);
    return is_name ? text : "";
}

std::string trouble_of(const SSL* ssl, const char* reason) {
    if (reason == nullptr) {
        return "";
    }
    switch (const long verified = SSL_get_verify_result(ssl)) {
        case X509_V_OK:
            return reason;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED:
            return "Peer's certificate not signed by a trusted authority";
        default:
            return "Peer's certificate not good: " + std::string(X509_verify_cert_error_string(verified));
    }
}

}  // namespace postrider::net
