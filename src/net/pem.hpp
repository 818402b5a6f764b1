// PEM texts for OpenSSL, and what went wrong with them.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/tls.hpp"

namespace postrider::net {

struct OpensslDeleter {
    void operator()(BIO* bio) const;
    void operator()(X509* certificate) const;
};
using Bio = std::unique_ptr<BIO, OpensslDeleter>;
using Certificate = std::unique_ptr<X509, OpensslDeleter>;

/// Reads from the text, which must outlive it.
Bio bio_of(const std::string& pem);

/// Takes OpenSSL's last reason and clears its list of errors.
std::string openssl_reason();
/// invalid_data: "FILE: WHAT (openssl_reason())".
Error file_error(const std::string& file, const std::string& what);

/// All certificates of the text; other PEM blocks, and text between them, are passed over. Perhaps none.
/// Errors: one of them is broken; file names it in the detail.
Result<std::vector<Certificate>> certificates_in(const std::string& pem, const std::string& file);

/// Where the private key is.
const std::string& key_file_of(const TlsSettings& settings);

}  // namespace postrider::net
