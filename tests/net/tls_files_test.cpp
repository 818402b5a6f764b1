// The authorities whose signatures count: files and folders of them.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "net/authority.hpp"
#include "net/meeting.hpp"
#include "net/tls.hpp"
#include "net/tls_client.hpp"

namespace postrider::net {
namespace {

using namespace test;
using postrider::test::TempFolder;

std::size_t certificates_of(const std::string& path) {
    const auto pem = read_trusted_certificates(path);
    REQUIRE(pem.has_value());
    std::size_t count = 0;
    for (std::size_t at = 0; (at = pem->find("-----BEGIN CERTIFICATE-----", at)) != std::string::npos; ++at) {
        ++count;
    }
    return count;
}

std::string failure_of(const std::string& path) {
    const auto pem = read_trusted_certificates(path);
    CHECK_FALSE(pem.has_value());
    return pem ? "" : pem.error().detail;
}

TEST_CASE("a file of authorities: each once, whatever stands between them", "[tls]") {
    const TempFolder folder;
    const Identity first = authority("First");
    const Identity second = authority("Second");
    const std::string one = folder.write("one.pem", first.certificate_pem());
    CHECK((*read_trusted_certificates(one) == first.certificate_pem()));
    CHECK(certificates_of(folder.write("many.pem", "# first\n" + first.certificate_pem() + second.key_pem() +
                                                       second.certificate_pem() + first.certificate_pem())) == 2);
    CHECK(failure_of(folder.write("none.pem", "text\n")).find("none.pem: no certificate") != std::string::npos);
    CHECK(failure_of(folder.write("key.pem", first.key_pem())).find("no certificate") != std::string::npos);
    std::string broken = second.certificate_pem();
    broken.replace(broken.find("MII"), 3, "AAA");
    CHECK(failure_of(folder.write("bad.pem", first.certificate_pem() + broken)).find("bad.pem") != std::string::npos);
    CHECK(failure_of(folder / "missing.pem").find("missing.pem: cannot be read") != std::string::npos);
    CHECK_FALSE(failure_of("").empty());
}

TEST_CASE("a folder of authorities: all its files, links by hash count once", "[tls]") {
    const TempFolder folder;
    const std::string place = folder / "ca";
    folder.write("ca/b.pem", authority("B").certificate_pem());
    folder.write("ca/a.pem", authority("A").certificate_pem());
    folder.write("ca/README", "text\n");
    folder.write("ca/sub/c.pem", authority("C").certificate_pem());
    REQUIRE(::symlink("a.pem", (place + "/01234567.0").c_str()) == 0);
    REQUIRE(::symlink("gone.pem", (place + "/76543210.0").c_str()) == 0);
    REQUIRE(::mkfifo((place + "/pipe").c_str(), 0600) == 0);
    CHECK(certificates_of(place) == 2);
    folder.write("ca/z.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CHECK(failure_of(place).find("z.pem") != std::string::npos);
    folder.write("empty/README", "text\n");
    CHECK(failure_of(folder / "empty").find("empty: no certificate") != std::string::npos);
}

TEST_CASE("a folder has at most 4096 files", "[tls]") {
    const TempFolder folder;
    folder.write("ca/a.pem", authority().certificate_pem());
    for (int i = 0; i < 4095; ++i) {
        REQUIRE(::mknod((folder / ("ca/" + std::to_string(i))).c_str(), S_IFREG | 0600, 0) == 0);
    }
    CHECK(certificates_of(folder / "ca") == 1);
    folder.write("ca/more", "");
    CHECK(failure_of(folder / "ca").find("more than 4096 files") != std::string::npos);
}

/// A certificate whose subject has so many bytes, with the two that tell its length in TLS.
std::string certificate_named(std::size_t bytes) {
    const auto made = [](std::size_t value) {
        Wish wish;
        wish.is_authority = true;
        wish.subject = {{"CN", std::string(value, 'x'), V_ASN1_UTF8STRING}};
        return Identity(wish);
    };
    const Identity near = made(bytes - 32);
    const int size = i2d_X509_NAME(X509_get_subject_name(near.certificate()), nullptr);
    return made(2 * bytes - 34 - static_cast<std::size_t>(size)).certificate_pem();
}

TEST_CASE("the names of all authorities fit into a handshake", "[tls]") {
    const TempFolder folder;
    constexpr std::size_t most = 32 * 1024;
    CHECK(certificates_of(folder.write("a.pem", certificate_named(most - 1))) == 1);
    CHECK(certificates_of(folder.write("b.pem", certificate_named(most))) == 1);
    CHECK(failure_of(folder.write("c.pem", certificate_named(most + 1))).find("32 KiB") != std::string::npos);
    // And a client takes them.
    const Site site;
    TlsSettings settings;
    settings.certificate_file = site.certificate;
    settings.client_certificate = ClientCertificate::optional;
    settings.trusted = folder / "b.pem";
    const auto context = make_context(settings);
    REQUIRE(context.has_value());
    CHECK(meet(*context, TLS1_2_VERSION).works);
    CHECK(meet(*context, TLS1_3_VERSION).works);
}

TEST_CASE("files end at 1 MiB", "[tls]") {
    const TempFolder folder;
    constexpr std::size_t most = 1024 * 1024;
    const std::string pem = authority().certificate_pem();
    CHECK(certificates_of(folder.write("a.pem", pem + std::string(most - 1 - pem.size(), '\n'))) == 1);
    CHECK(certificates_of(folder.write("b.pem", pem + std::string(most - pem.size(), '\n'))) == 1);
    CHECK(failure_of(folder.write("c.pem", pem + std::string(most + 1 - pem.size(), '\n'))).find("1 MiB") !=
          std::string::npos);
}

TEST_CASE("all certificates of a folder together end at 1 MiB", "[tls]") {
    const TempFolder folder;
    Wish wish;
    wish.comment.assign(380'000, 'x');
    folder.write("ca/a.pem", Identity(wish).certificate_pem());
    folder.write("ca/b.pem", Identity(wish).certificate_pem());
    CHECK(certificates_of(folder / "ca") == 2);
    folder.write("ca/c.pem", Identity(wish).certificate_pem());
    CHECK(failure_of(folder / "ca").find("c.pem: too many certificates") != std::string::npos);
}

TEST_CASE("trusted certificates are read only when they are used", "[tls]") {
    const Site site;
    TlsSettings settings;
    settings.certificate_file = site.certificate;
    settings.trusted = site.folder.write("trusted.pem", authority().certificate_pem());
    CHECK(read_tls_files(settings)->trusted.empty());
    settings.client_certificate = ClientCertificate::optional;
    CHECK(read_tls_files(settings)->trusted == postrider::test::read_file(settings.trusted));
}

}  // namespace
}  // namespace postrider::net
