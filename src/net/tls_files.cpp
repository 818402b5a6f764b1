// The files that TLS settings name, read for processes that have none. compat/config.md section 4.
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "net/pem.hpp"
#include "net/tls.hpp"

namespace postrider::net {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_bytes = 1024 * 1024;
constexpr std::size_t most_files = 4096;            // of a directory
constexpr std::size_t most_name_bytes = 32 * 1024;  // of trusted certificates; TLS itself ends at 64 KiB

Result<std::string> content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string content;
    char piece[16 * 1024];
    while (in && content.size() <= most_file_bytes) {
        in.read(piece, sizeof piece);
        content.append(piece, static_cast<std::size_t>(in.gcount()));
    }
    if (!in && !in.eof()) {
        return Error(Code::invalid_data, file + ": cannot be read (" + std::generic_category().message(errno) + ")");
    }
    if (content.size() > most_file_bytes) {
        return Error(Code::invalid_data, file + ": longer than 1 MiB");
    }
    return content;
}

/// Trusted certificates as they are gathered: each one once, since directories link to their files by hashes.
class Gathered {
public:
    Result<void> add_file(const std::string& file) {
        auto content = content_of(file);
        if (!content) {
            return content.error();
        }
        auto certificates = certificates_in(*content, file);
        if (!certificates) {
            return certificates.error();
        }
        for (const Certificate& certificate : *certificates) {
            add(certificate.get());
        }
        if (pem_.size() > most_file_bytes || name_bytes_ > most_name_bytes) {
            return Error(Code::invalid_data, file + ": too many certificates: at most 1 MiB, and 32 KiB of names");
        }
        return {};
    }

    std::string take() { return std::move(pem_); }

private:
    void add(X509* certificate) {
        unsigned char* der = nullptr;
        const int size = i2d_X509(certificate, &der);
        if (size < 0) {
            throw std::bad_alloc();
        }
        const bool is_new = known_.emplace(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)).second;
        OPENSSL_free(der);
        if (!is_new) {
            return;
        }
        const Bio text(BIO_new(BIO_s_mem()));
        if (!text || PEM_write_bio_X509(text.get(), certificate) != 1) {
            throw std::bad_alloc();
        }
        char* bytes = nullptr;
        const long length = BIO_get_mem_data(text.get(), &bytes);
        pem_.append(bytes, static_cast<std::size_t>(length));
        name_bytes_ += 2 + static_cast<std::size_t>(i2d_X509_NAME(X509_get_subject_name(certificate), nullptr));
    }

    std::set<std::string> known_;  // DER
    std::string pem_;
    std::size_t name_bytes_ = 0;  // as TLS sends them, each with its length
};

/// In the order of their names, so that clients are always told the same.
Result<std::vector<std::string>> files_of(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code trouble;
    for (fs::directory_iterator at(folder, trouble), end; !trouble && at != end; at.increment(trouble)) {
        std::error_code ignored;  // a link that leads nowhere is no file
        if (at->is_regular_file(ignored)) {
            files.push_back(at->path());
        }
        if (files.size() > most_files) {
            return Error(Code::invalid_data, folder + ": more than 4096 files");
        }
    }
    if (trouble) {
        return Error(Code::invalid_data, folder + ": cannot be read (" + trouble.message() + ")");
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

Result<std::string> read_trusted_certificates(const std::string& path) {
    std::vector<std::string> files{path};
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        auto found = files_of(path);
        if (!found) {
            return found.error();
        }
        files = std::move(*found);
    }
    Gathered gathered;
    for (const std::string& file : files) {
        if (auto added = gathered.add_file(file); !added) {
            return added.error();
        }
    }
    std::string pem = gathered.take();
    if (pem.empty()) {
        return Error(Code::invalid_data, path + ": no certificate in PEM form");
    }
    return pem;
}

Result<TlsMaterial> read_tls_files(const TlsSettings& settings) {
    TlsMaterial material;
    material.settings = settings;
    auto certificate = content_of(settings.certificate_file);
    if (!certificate) {
        return certificate.error();
    }
    material.certificate = std::move(*certificate);
    auto key = content_of(key_file_of(settings));
    if (!key) {
        return key.error();
    }
    material.key = std::move(*key);
    std::error_code ignored;
    if (fs::exists(settings.dh_params_file, ignored)) {
        auto params = content_of(settings.dh_params_file);
        if (!params) {
            return params.error();
        }
        material.dh_params = std::move(*params);
    }
    if (settings.client_certificate != ClientCertificate::not_asked) {
        auto trusted = read_trusted_certificates(settings.trusted);
        if (!trusted) {
            return trusted.error();
        }
        material.trusted = std::move(*trusted);
    }
    return material;
}

}  // namespace postrider::net
