// Certificates of every kind, signed by themselves or by another one.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace postrider::net::test {

/// A field of a subject. type: of the value as OpenSSL has it, MBSTRING_UTF8 or a V_ASN1_ type for the bytes as is.
struct Field {
    std::string name;
    std::string value;
    int type = MBSTRING_UTF8;
};

struct Wish {
    std::vector<Field> subject = {{"CN", "user"}};
    std::string purpose = "clientAuth";  ///< extendedKeyUsage; "" is any
    bool is_authority = false;
    long begins = -3600;  ///< seconds from now
    long ends = 86'400;
    const char* algorithm = "EC";  ///< or "RSA", "ED25519"
    const EVP_MD* digest = EVP_sha256();
    bool is_pss = false;
    std::string comment;  ///< nsComment, to make it long
};

/// A certificate and its key.
class Identity {
public:
    explicit Identity(const Wish& wish, const Identity* issuer = nullptr) {
        const std::string algorithm = wish.algorithm;
        key_.reset(algorithm == "EC"    ? EVP_EC_gen("P-256")
                   : algorithm == "RSA" ? EVP_RSA_gen(2048)
                                        : EVP_PKEY_Q_keygen(nullptr, nullptr, wish.algorithm),
                   EVP_PKEY_free);
        certificate_.reset(X509_new(), X509_free);
        REQUIRE(key_ != nullptr);
        X509_set_version(certificate(), X509_VERSION_3);
        static long serial = 0;
        ASN1_INTEGER_set(X509_get_serialNumber(certificate()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate()), wish.begins);
        X509_gmtime_adj(X509_getm_notAfter(certificate()), wish.ends);
        X509_set_pubkey(certificate(), key());
        for (const Field& field : wish.subject) {
            REQUIRE(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate()), field.name.c_str(), field.type,
                                               reinterpret_cast<const unsigned char*>(field.value.data()),
                                               static_cast<int>(field.value.size()), -1, 0) == 1);
        }
        X509_set_issuer_name(certificate(), X509_get_subject_name((issuer != nullptr ? *issuer : *this).certificate()));
        add(NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (!wish.purpose.empty()) {
            add(NID_ext_key_usage, wish.purpose);
        }
        if (!wish.comment.empty()) {
            add(NID_netscape_comment, wish.comment);
        }
        sign(wish, (issuer != nullptr ? *issuer : *this).key());
    }

    X509* certificate() const { return certificate_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

    std::string certificate_pem() const {
        return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate()); });
    }
    std::string key_pem() const {
        return pem(
            [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key(), nullptr, nullptr, 0, nullptr, nullptr); });
    }

    /// For a client.
    void present(SSL* ssl) const {
        SSL_use_certificate(ssl, certificate());
        SSL_use_PrivateKey(ssl, key());
    }

private:
    void add(int nid, const std::string& value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        REQUIRE(extension != nullptr);
        X509_add_ext(certificate(), extension, -1);
        X509_EXTENSION_free(extension);
    }

    void sign(const Wish& wish, EVP_PKEY* by) {
        EVP_MD_CTX* signing = EVP_MD_CTX_new();
        EVP_PKEY_CTX* options = nullptr;
        REQUIRE(EVP_DigestSignInit(signing, &options, wish.digest, nullptr, by) == 1);
        if (wish.is_pss) {
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        }
        CHECK(X509_sign_ctx(certificate(), signing) > 0);
        EVP_MD_CTX_free(signing);
    }

    template <class Write>
    static std::string pem(Write write) {
        BIO* out = BIO_new(BIO_s_mem());
        CHECK(write(out) == 1);
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out, &bytes);
        std::string text(bytes, static_cast<std::size_t>(size));
        BIO_free(out);
        return text;
    }

    std::shared_ptr<EVP_PKEY> key_;  // owners: copies of this identity
    std::shared_ptr<X509> certificate_;
};

inline Identity authority(const std::string& name = "Authority") {
    Wish wish;
    wish.subject = {{"O", name}};
    wish.purpose.clear();
    wish.is_authority = true;
    return Identity(wish);
}

}  // namespace postrider::net::test
