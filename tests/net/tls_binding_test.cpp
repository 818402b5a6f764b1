// Channel bindings: the same on both ends, and only where they are safe.
#include "net/tls_binding.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <map>
#include <string>

#include "net/authority.hpp"
#include "net/meeting.hpp"

namespace postrider::net {
namespace {

using namespace test;

std::map<std::string, std::string> by_type(const std::vector<TlsBinding>& bindings) {
    std::map<std::string, std::string> all;
    for (const TlsBinding& binding : bindings) {
        CHECK(all.emplace(binding.type, binding.data).second);
    }
    return all;
}

std::string text_of(const unsigned char* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

/// What the client sees, without our code.
struct ClientView {
    std::string exported;
    std::string certificate;  ///< SHA-256
    std::string own_finished;
    std::string server_finished;
    bool resumed = false;

    void look(SSL* ssl) {
        unsigned char bytes[EVP_MAX_MD_SIZE] = {};
        const std::string label = "EXPORTER-Channel-Binding";
        SSL_export_keying_material(ssl, bytes, 32, label.data(), label.size(), bytes, 0, 1);
        exported = text_of(bytes, 32);
        unsigned size = 0;
        X509_digest(SSL_get0_peer_certificate(ssl), EVP_sha256(), bytes, &size);
        certificate = text_of(bytes, size);
        own_finished = text_of(bytes, SSL_get_finished(ssl, bytes, sizeof bytes));
        server_finished = text_of(bytes, SSL_get_peer_finished(ssl, bytes, sizeof bytes));
        resumed = SSL_session_reused(ssl) == 1;
    }
};

using Bindings = std::map<std::string, std::string>;

TEST_CASE("TLS 1.3 binds by exporter and certificate", "[tls]") {
    const Site site;
    ClientView client;
    const auto seen = meet(site.context(), TLS1_3_VERSION, {}, [&](SSL* ssl) { client.look(ssl); });
    CHECK((by_type(seen.bindings) ==
           Bindings{{"tls-exporter", client.exported}, {"tls-server-end-point", client.certificate}}));
}

TEST_CASE("TLS 1.2 binds by its first Finished message too", "[tls]") {
    const Site site;
    const auto context = site.context();
    ClientView first;
    SSL_SESSION* kept = nullptr;
    const auto full = meet(context, TLS1_2_VERSION, {}, [&](SSL* ssl) {
        first.look(ssl);
        kept = SSL_get1_session(ssl);
    });
    CHECK_FALSE(first.resumed);
    CHECK(first.own_finished.size() == 12);
    CHECK((by_type(full.bindings) == Bindings{{"tls-exporter", first.exported},
                                              {"tls-server-end-point", first.certificate},
                                              {"tls-unique", first.own_finished}}));
    ClientView second;
    const auto resumed = meet(
        context, TLS1_2_VERSION, [&](SSL* ssl) { SSL_set_session(ssl, kept); }, [&](SSL* ssl) { second.look(ssl); });
    SSL_SESSION_free(kept);
    REQUIRE(second.resumed);
    CHECK((by_type(resumed.bindings) == Bindings{{"tls-exporter", second.exported},
                                                 {"tls-server-end-point", second.certificate},
                                                 {"tls-unique", second.server_finished}}));
    CHECK(first.exported != second.exported);
}

TEST_CASE("without the extended master secret only the certificate binds", "[tls]") {
    const Site site;
    ClientView client;
    const auto seen = meet(
        site.context(), TLS1_2_VERSION, [](SSL* ssl) { SSL_set_options(ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET); },
        [&](SSL* ssl) { client.look(ssl); });
    REQUIRE(seen.works);
    CHECK((by_type(seen.bindings) == Bindings{{"tls-server-end-point", client.certificate}}));
}

/// The length of tls-server-end-point and whether it is the digest of that kind; 0: there is none.
std::size_t end_point(const Site& site, const Wish& wish, const EVP_MD* digest) {
    const Identity own(wish);
    TlsSettings settings;
    settings.certificate_file = site.folder.write("own.pem", own.certificate_pem() + own.key_pem());
    settings.ciphers = "DEFAULT:@SECLEVEL=0";  // for SHA-1
    const auto context = make_context(settings);
    REQUIRE(context.has_value());
    auto found = by_type(meet(*context, 0).bindings);
    CHECK(found.contains("tls-exporter"));
    if (!found.contains("tls-server-end-point")) {
        return 0;
    }
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(own.certificate(), digest, bytes, &size);
    CHECK((found["tls-server-end-point"] == text_of(bytes, size)));
    return size;
}

TEST_CASE("a certificate's digest is that of its signature, but for weak ones", "[tls]") {
    const Site site;
    Wish wish;
    wish.purpose = "serverAuth";
    CHECK(end_point(site, wish, EVP_sha256()) == 32);
    wish.digest = EVP_sha384();
    CHECK(end_point(site, wish, EVP_sha384()) == 48);
    wish.digest = EVP_sha1();
    CHECK(end_point(site, wish, EVP_sha256()) == 32);
    wish.algorithm = "RSA";
    wish.digest = EVP_md5();
    CHECK(end_point(site, wish, EVP_sha256()) == 32);
    wish.digest = EVP_sha512();
    CHECK(end_point(site, wish, EVP_sha512()) == 64);
    wish.is_pss = true;
    CHECK(end_point(site, wish, EVP_sha512()) == 64);
    wish = {};
    wish.purpose = "serverAuth";
    wish.algorithm = "ED25519";
    wish.digest = nullptr;
    CHECK(end_point(site, wish, EVP_sha256()) == 0);
}

}  // namespace
}  // namespace postrider::net
