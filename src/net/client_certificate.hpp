// Certificates of clients: asked for, checked, and who they say the client is. compat/config.md section 12.2.
#pragma once

#include <openssl/types.h>

#include <string>

#include "core/result.hpp"
#include "net/tls.hpp"

namespace postrider::net {

/// Makes the context ask for a certificate, as the settings say. Errors: invalid_data; detail names the file.
Result<void> ask_for_certificates(SSL_CTX* context, const TlsMaterial& material);

/// The field that is_subject_field() speaks of, for the caller to free; null when there is none.
ASN1_OBJECT* subject_field(const std::string& name);

/// Connection::certificate_identity() of an SSL.
std::string identity_of(const SSL* ssl, const ASN1_OBJECT* field);

/// Connection::tls_trouble() of an SSL.  reason: OpenSSL's word for its failure, or null.
std::string trouble_of(const SSL* ssl, const char* reason);

}  // namespace postrider::net
