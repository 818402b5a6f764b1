// Settings of client certificates. compat/config.md sections 4 and 12.2.
#include <string>

#include "config/folder.hpp"
#include "config/loading.hpp"
#include "net/certificate.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::config;

TEST_CASE("client certificates: who is asked, who is trusted, who it is") {
    using net::ClientCertificate;
    const Folder folder;
    folder.write("ca.pem", test::read_file(test::make_certificate(test::TempFolder(), "ca.pem")));
    folder.write("text.pem", "no certificate\n");
    const auto tls = [&](const std::string& assignments) {
        folder.write("imapd-ssl", assignments);
        const auto doors = load(folder.path()).settings.imap_doors;
        CHECK(doors.starttls.client_certificate == doors.tls.client_certificate);
        CHECK(doors.starttls.trusted == doors.tls.trusted);
        CHECK(doors.starttls.identity_field == doors.tls.identity_field);
        return doors.tls;
    };
    const auto asks = [&](const std::string& word) {
        return tls("TLS_VERIFYPEER=" + word + " TLS_TRUSTCERTS=ca.pem").client_certificate;
    };
    CHECK(tls("").client_certificate == ClientCertificate::not_asked);
    CHECK(has_note(folder, "TLS_VERIFYPEER is not set (imapd-ssl): NONE here, PEER with Courier"));
    for (const char* word : {"", "NONE", "none", "no"}) {
        CHECK(asks(word) == ClientCertificate::not_asked);
    }
    for (const char* word : {"PEER", "p"}) {
        CHECK(asks(word) == ClientCertificate::optional);
    }
    for (const char* word : {"REQUIREPEER", "require"}) {
        CHECK(asks(word) == ClientCertificate::required);
    }
    const auto all = tls("TLS_EXTERNAL=emailaddress\nTLS_VERIFYPEER=PEER\nTLS_TRUSTCERTS=ca.pem");
    CHECK(all.trusted == folder.at("ca.pem"));
    CHECK(all.identity_field == "emailaddress");
    CHECK_FALSE(has_note(folder, "TLS_EXTERNAL"));
    tls("TLS_EXTERNAL=CN TLS_TRUSTCERTS=/missing");
    CHECK(has_note(folder, "TLS_EXTERNAL: \"CN\" is without effect"));

    const auto trouble = [&](const std::string& assignments) {
        try {
            tls(assignments);
        } catch (const ConfigError& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(trouble("TLS_VERIFYPEER=yes").ends_with("\"yes\" is not one of: NONE PEER REQUIREPEER"));
    CHECK(trouble("TLS_EXTERNAL=e-mail").find("\"e-mail\" is not a field of certificates") != std::string::npos);
    const std::string required = "TLS_VERIFYPEER=REQUIREPEER";
    CHECK(trouble(required).find("is not usable: TLS_TRUSTCERTS") != std::string::npos);
    CHECK(trouble(required + " TLS_TRUSTCERTS=").find("is not usable: TLS_TRUSTCERTS") != std::string::npos);
    CHECK(trouble(required + " TLS_TRUSTCERTS=gone.pem").find("gone.pem: cannot be read") != std::string::npos);
    CHECK(trouble(required + " TLS_TRUSTCERTS=text.pem").find("text.pem: no certificate") != std::string::npos);
    for (const std::string more : {"", " TLS_TRUSTCERTS=", " TLS_TRUSTCERTS=gone.pem", " TLS_TRUSTCERTS=text.pem"}) {
        CAPTURE(more);  // with Courier such a server runs, and takes no certificate for good
        CHECK(tls("TLS_VERIFYPEER=PEER" + more).client_certificate == ClientCertificate::not_asked);
        CHECK(has_note(folder, "asks for no certificate, since none could be good: TLS_TRUSTCERTS"));
    }
    CHECK(with("pop3d-ssl", "TLS_VERIFYPEER=PEER TLS_TRUSTCERTS=" + folder.at("ca.pem"))
              .pop3_doors.tls.client_certificate == ClientCertificate::optional);
}
