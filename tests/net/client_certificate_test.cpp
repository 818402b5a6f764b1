// Certificates of clients: which are good, and who they are.
#include "net/client_certificate.hpp"

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "net/authority.hpp"
#include "net/meeting.hpp"

namespace postrider::net {
namespace {

using namespace test;

constexpr const char* untrusted = "Peer's certificate not signed by a trusted authority";
constexpr int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/// A server that knows one authority.
struct CertificateSite : Site {
    std::shared_ptr<const TlsContext> asking(ClientCertificate how, const std::string& field = "CN",
                                             const std::string& trusted_pem = {}) const {
        TlsSettings settings;
        settings.certificate_file = certificate;
        settings.client_certificate = how;
        settings.trusted = folder.write("trusted.pem", trusted_pem.empty() ? known.certificate_pem() : trusted_pem);
        settings.identity_field = field;
        auto made = make_context(settings);
        REQUIRE(made.has_value());
        return *made;
    }

    Identity known = authority();
};

Talk presents(const Identity& identity) {
    return [identity](SSL* ssl) { identity.present(ssl); };
}

TEST_CASE("nobody is asked for a certificate unless the settings say so", "[tls]") {
    const CertificateSite site;
    const Identity user({}, &site.known);
    int names = -1;  // of authorities that the client was told
    const Talk prepare = [&](SSL* ssl) {
        SSL_set_cert_cb(
            ssl,
            [](SSL* of, void* told) {
                *static_cast<int*>(told) = sk_X509_NAME_num(SSL_get0_peer_CA_list(of));
                return 1;
            },
            &names);
        user.present(ssl);
    };
    const auto quiet = meet(site.asking(ClientCertificate::not_asked), 0, prepare);
    CHECK(quiet.works);
    CHECK(quiet.identity.empty());
    CHECK(names == -1);
    CHECK(meet(site.asking(ClientCertificate::optional), 0, prepare).identity == "user");
    CHECK(names == 1);
}

TEST_CASE("where certificates are optional, one that is sent has to verify", "[tls]") {
    const CertificateSite site;
    const auto context = site.asking(ClientCertificate::optional);
    const Identity user({}, &site.known);
    const Identity stranger({});
    const Identity other_authority = authority();  // of the same name
    const Identity impostor({}, &other_authority);
    for (const int version : versions) {
        const auto none = meet(context, version);
        CHECK(none.works);
        CHECK(none.trouble.empty());
        CHECK(none.identity.empty());
        const auto good = meet(context, version, presents(user));
        CHECK(good.works);
        CHECK(good.identity == "user");
        const auto unknown = meet(context, version, presents(stranger));
        CHECK_FALSE(unknown.works);
        CHECK(unknown.trouble == untrusted);
        CHECK(unknown.identity.empty());
        CHECK(unknown.bindings.empty());
        CHECK_FALSE(meet(context, version, presents(impostor)).works);
    }
}

TEST_CASE("where a certificate is required, there is no handshake without", "[tls]") {
    const CertificateSite site;
    const auto context = site.asking(ClientCertificate::required);
    const Identity user({}, &site.known);
    for (const int version : versions) {
        const auto none = meet(context, version);
        CHECK_FALSE(none.works);
        CHECK(none.trouble == "peer did not return a certificate");
        CHECK(meet(context, version, presents(user)).identity == "user");
        CHECK(meet(context, version, presents(Identity({}))).trouble == untrusted);
    }
}

TEST_CASE("certificates out of their time, or made for servers, are not good", "[tls]") {
    const CertificateSite site;
    const auto context = site.asking(ClientCertificate::optional);
    const auto trouble = [&](const Wish& wish) {
        const auto seen = meet(context, 0, presents(Identity(wish, &site.known)));
        CHECK(seen.works == seen.trouble.empty());
        return seen.trouble;
    };
    Wish wish;
    wish.ends = -60;
    CHECK(trouble(wish) == "Peer's certificate not good: certificate has expired");
    wish = {};
    wish.begins = 3600;
    CHECK(trouble(wish) == "Peer's certificate not good: certificate is not yet valid");
    wish = {};
    wish.purpose = "serverAuth";
    CHECK(trouble(wish).starts_with("Peer's certificate not good: "));
    wish.purpose = "serverAuth,clientAuth";
    CHECK(trouble(wish).empty());
    wish.purpose.clear();
    CHECK(trouble(wish).empty());
}

TEST_CASE("an authority between: sent by the client, or the one that is trusted", "[tls]") {
    const CertificateSite site;
    Wish wish;
    wish.subject = {{"O", "Between"}};
    wish.purpose.clear();
    wish.is_authority = true;
    const Identity between(wish, &site.known);
    const Identity user({}, &between);
    const auto with_chain = [&](SSL* ssl) {
        user.present(ssl);
        SSL_add1_chain_cert(ssl, between.certificate());
    };
    const auto root = site.asking(ClientCertificate::optional);
    CHECK(meet(root, 0, with_chain).identity == "user");
    CHECK(meet(root, 0, presents(user)).trouble == untrusted);
    const auto narrow = site.asking(ClientCertificate::optional, "CN", between.certificate_pem());
    CHECK(meet(narrow, 0, presents(user)).identity == "user");
    CHECK(meet(narrow, 0, presents(Identity({}, &site.known))).trouble == untrusted);
    // A user is no authority.
    const Identity below({}, &user);
    CHECK_FALSE(meet(root, 0, [&](SSL* ssl) {
                    with_chain(ssl);
                    below.present(ssl);
                    SSL_add1_chain_cert(ssl, user.certificate());
                    SSL_add1_chain_cert(ssl, between.certificate());
                }).works);
}

TEST_CASE("those that are trusted are not sent as our own chain", "[tls]") {
    const CertificateSite site;
    Wish wish;
    wish.purpose = "serverAuth";
    const Identity own(wish, &site.known);
    TlsSettings settings;
    settings.certificate_file = site.folder.write("own.pem", own.certificate_pem() + own.key_pem());
    settings.client_certificate = ClientCertificate::optional;
    settings.trusted = site.folder.write("trusted.pem", site.known.certificate_pem());
    const auto context = make_context(settings);
    REQUIRE(context.has_value());
    int sent = 0;
    CHECK(meet(*context, 0, {}, [&](SSL* ssl) { sent = sk_X509_num(SSL_get_peer_cert_chain(ssl)); }).works);
    CHECK(sent == 1);
}

/// Whether a client with what it kept of a first connection gets a shorter second one.
bool resumes(const std::shared_ptr<const TlsContext>& context, int version, const Talk& prepare) {
    SSL_SESSION* kept = nullptr;
    CHECK(meet(context, version, prepare, [&](SSL* ssl) { kept = SSL_get1_session(ssl); }).works);
    bool reused = false;
    const Talk again = [&](SSL* ssl) {
        prepare(ssl);
        SSL_set_session(ssl, kept);
    };
    CHECK(meet(context, version, again, [&](SSL* ssl) { reused = SSL_session_reused(ssl) == 1; }).works);
    SSL_SESSION_free(kept);
    return reused;
}

TEST_CASE("sessions are not resumed where certificates are asked for", "[tls]") {
    const CertificateSite site;
    const Talk user = presents(Identity({}, &site.known));
    for (const int version : versions) {
        CHECK(resumes(site.asking(ClientCertificate::not_asked), version, user));
        CHECK_FALSE(resumes(site.asking(ClientCertificate::optional), version, user));
        CHECK_FALSE(resumes(site.asking(ClientCertificate::required), version, user));
    }
}

TEST_CASE("the identity is the value of one field", "[tls]") {
    const CertificateSite site;
    const auto identity = [&](const std::string& field, const std::vector<Field>& subject) {
        Wish wish;
        wish.subject = subject;
        const auto seen =
            meet(site.asking(ClientCertificate::optional, field), 0, presents(Identity(wish, &site.known)));
        CHECK(seen.works);
        return seen.identity;
    };
    const std::vector<Field> both = {{"CN", "J\xC3\xB6rg"}, {"emailAddress", "joerg@example.com"}};
    for (const char* field : {"CN", "cn", "commonName", "COMMONNAME", "2.5.4.3"}) {
        CAPTURE(field);
        CHECK(identity(field, both) == "J\xC3\xB6rg");
    }
    for (const char* field : {"emailaddress", "emailAddress", "EMAILADDRESS"}) {
        CAPTURE(field);
        CHECK(identity(field, both) == "joerg@example.com");
    }
    CHECK(identity("", both).empty());
    CHECK(identity("UID", both).empty());
    CHECK(identity("CN", {{"CN", "a"}, {"O", "x"}, {"CN", "b"}}).empty());
    CHECK(identity("CN", {{"CN", "a"}, {"CN", "a"}}).empty());
    CHECK(identity("CN", {{"CN", "J\xF6rg", V_ASN1_T61STRING}}) == "J\xC3\xB6rg");
    CHECK(identity("CN", {{"CN", std::string("\0J\0\xF6", 4), V_ASN1_BMPSTRING}}) == "J\xC3\xB6");
}

TEST_CASE("an identity is text that a user's name can be", "[tls]") {
    const CertificateSite site;
    const auto context = site.asking(ClientCertificate::optional);
    const auto identity = [&](const std::string& value) {
        Wish wish;
        wish.subject = {{"CN", value, V_ASN1_UTF8STRING}};
        const auto seen = meet(context, 0, presents(Identity(wish, &site.known)));
        CHECK(seen.works);
        return seen.identity;
    };
    using namespace std::string_literals;
    CHECK(identity("a b\xC2\xA0\xE2\x82\xAC") == "a b\xC2\xA0\xE2\x82\xAC");
    for (const std::string& bad : {""s, "root\0.example.com"s, "\0"s, "a\nb"s, "a\x7F"s, "a\xC2\x80"s, "a\xC2\x9F"s}) {
        CAPTURE(bad);
        CHECK(identity(bad).empty());
    }
    CHECK(identity(std::string(1023, 'x')).size() == 1023);
    CHECK(identity(std::string(1024, 'x')).size() == 1024);
    CHECK(identity(std::string(1025, 'x')).empty());
}

// Our contexts end such a handshake; should one ever not, the certificate counts for nothing.
TEST_CASE("a certificate that did not verify names nobody", "[tls]") {
    const CertificateSite site;
    const auto context = site.asking(ClientCertificate::optional);
    SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    const auto seen = meet(context, 0, presents(Identity({})));
    CHECK(seen.works);
    CHECK(seen.identity.empty());
    CHECK(meet(context, 0, presents(Identity({}, &site.known))).identity == "user");
}

TEST_CASE("settings of client certificates that cannot be", "[tls]") {
    const CertificateSite site;
    TlsSettings settings;
    settings.certificate_file = site.certificate;
    const auto failure = [&] {
        const auto made = make_context(settings);
        return made ? "" : made.error().detail;
    };
    settings.trusted = site.folder / "missing.pem";
    CHECK(failure().empty());
    settings.client_certificate = ClientCertificate::optional;
    CHECK(failure().find("missing.pem") != std::string::npos);
    settings.trusted.clear();
    CHECK_FALSE(failure().empty());
    settings.trusted = site.folder.write("trusted.pem", site.known.certificate_pem());
    CHECK(failure().empty());
    for (const char* bad : {"e-mail", "CN ", "1", "9.9.9"}) {
        settings.identity_field = bad;
        CHECK(failure() == "TLS_EXTERNAL: no field of a certificate: " + std::string(bad));
        CHECK_FALSE(is_subject_field(bad));
    }
    CHECK(is_subject_field("1.3.6.1.4.1.55555.1"));
    auto material = read_tls_files({.certificate_file = site.certificate});
    REQUIRE(material.has_value());
    material->settings.client_certificate = ClientCertificate::required;
    CHECK_FALSE(TlsContext::make(*material).has_value());
    material->trusted = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK_FALSE(TlsContext::make(*material).has_value());
}

}  // namespace
}  // namespace postrider::net
