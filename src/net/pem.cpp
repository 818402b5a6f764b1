#include "net/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace postrider::net {

void OpensslDeleter::operator()(BIO* bio) const {
    BIO_free(bio);
}

void OpensslDeleter::operator()(X509* certificate) const {
    X509_free(certificate);
}

Bio bio_of(const std::string& pem) {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string openssl_reason() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
    return reason != nullptr ? reason : "unknown reason";
}

Error file_error(const std::string& file, const std::string& what) {
    return {Code::invalid_data, file + ": " + what + " (" + openssl_reason() + ")"};
}

Result<std::vector<Certificate>> certificates_in(const std::string& pem, const std::string& file) {
    const Bio bio = bio_of(pem);
    std::vector<Certificate> all;
    ERR_clear_error();
    while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        all.emplace_back(next);
    }
    // The end of the text is told as an error.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return file_error(file, "a certificate in it is broken");
    }
    ERR_clear_error();
    return all;
}

const std::string& key_file_of(const TlsSettings& settings) {
    return settings.key_file.empty() ? settings.certificate_file : settings.key_file;
}

}  // namespace postrider::net
