// What new connections get, and how it is replaced.
#include "service/present.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "auth/temp_folder.hpp"
#include "net/certificate.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::make_certificate;
using test::TempFolder;

boost::asio::ip::address at(const std::string& text) {
    return boost::asio::ip::make_address(text);
}

net::TlsMaterial material(const TempFolder& folder) {
    net::TlsSettings settings;
    settings.certificate_file = make_certificate(folder, "server.pem");
    auto read = net::read_tls_files(settings);
    REQUIRE(read.has_value());
    return *read;
}

TEST_CASE("what was put there last is there") {
    Present present;
    FrontSettings settings;
    settings.imap.maildir = "first";
    settings.imap_doors.plain_limits = {1, 2};
    settings.imap_doors.tls_limits = {3, 4};
    settings.login_limits = {5, 6, 7};
    present.replace(settings);
    const auto first = present.imap();
    CHECK(first->maildir == "first");
    CHECK(present.limits({Protocol::imap, Tls::on_request}).connections.most == 1);
    CHECK(present.limits({Protocol::imap, Tls::on_request}).connections.per_address == 2);
    CHECK(present.limits({Protocol::imap, Tls::from_the_start}).connections.most == 3);
    CHECK(present.limits({Protocol::imap, Tls::from_the_start}).connections.per_address == 4);
    for (const Tls tls : {Tls::on_request, Tls::from_the_start}) {
        CHECK(present.limits({Protocol::imap, tls}).login.before_login == 5);
        CHECK(present.limits({Protocol::imap, tls}).login.per_address_before_login == 6);
    }
    settings.imap.maildir = "second";
    settings.imap_doors.plain_limits.most = 10;
    present.replace(settings);
    CHECK(first->maildir == "first");
    CHECK(present.imap()->maildir == "second");
    CHECK(present.limits({Protocol::imap, Tls::on_request}).connections.most == 10);
}

TEST_CASE("who may connect, and who may speak for another") {
    Present present;
    FrontSettings settings;
    settings.imap_doors.access = {{"192.0.2.0/24", false, std::nullopt}, {"192.0.2.7", true, 3}};
    settings.proxy_trusted = {"10.0.0.0/8", "2001:db8::1"};
    present.replace(settings);
    CHECK_FALSE(present.access(Protocol::imap, at("192.0.2.1")).allowed);
    CHECK_FALSE(present.access(Protocol::imap, at("::ffff:192.0.2.1")).allowed);
    CHECK(present.access(Protocol::imap, at("192.0.2.7")).allowed);
    CHECK((present.access(Protocol::imap, at("192.0.2.7")).per_address == 3));
    CHECK(present.access(Protocol::imap, at("192.0.3.1")).allowed);
    CHECK(present.trusts_proxy(at("10.1.2.3")));
    CHECK(present.trusts_proxy(at("2001:db8::1")));
    CHECK_FALSE(present.trusts_proxy(at("2001:db8::2")));
    CHECK_FALSE(present.trusts_proxy(at("192.0.2.7")));
    settings.proxy_trusted.clear();
    settings.imap_doors.access.clear();
    present.replace(settings);
    CHECK_FALSE(present.trusts_proxy(at("10.1.2.3")));
    CHECK(present.access(Protocol::imap, at("192.0.2.1")).allowed);
}

TEST_CASE("TLS where there is a certificate; the old context lives on with those who have it") {
    const TempFolder folder;
    Present present;
    FrontSettings settings;
    present.replace(settings);
    CHECK(present.tls(Protocol::imap) == nullptr);
    CHECK(present.starttls(Protocol::imap) == nullptr);
    settings.imap_doors.tls = material(folder);
    present.replace(settings);
    const auto context = present.tls(Protocol::imap);
    REQUIRE(context != nullptr);
    CHECK(present.starttls(Protocol::imap) == nullptr);
    settings.imap_doors.starttls = std::exchange(settings.imap_doors.tls, std::nullopt);
    present.replace(settings);
    CHECK(present.tls(Protocol::imap) == nullptr);
    CHECK(present.starttls(Protocol::imap) != nullptr);
    CHECK(context->get() != nullptr);
}

TEST_CASE("settings that are no use change nothing") {
    const TempFolder folder;
    Present present;
    FrontSettings good;
    good.imap.maildir = "good";
    good.imap_doors.tls = material(folder);
    present.replace(good);
    const auto context = present.tls(Protocol::imap);

    FrontSettings bad = good;
    bad.imap.maildir = "bad";
    bad.imap_doors.tls->key = "no key";
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.imap_doors.tls = good.imap_doors.tls;
    bad.imap_doors.starttls = good.imap_doors.tls;
    bad.imap_doors.starttls->certificate.clear();
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.imap_doors.starttls.reset();
    bad.imap_doors.access = {{"192.0.2.0/33", true, std::nullopt}};
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.imap_doors.access.clear();
    bad.proxy_trusted = {"somewhere"};
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    CHECK(present.imap()->maildir == "good");
    CHECK(present.tls(Protocol::imap) == context);
    CHECK_FALSE(present.trusts_proxy(at("192.0.2.1")));
}

}  // namespace
}  // namespace postrider::service
