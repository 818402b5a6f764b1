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
    settings.plain_limits = {1, 2};
    settings.tls_limits = {3, 4};
    settings.login_limits = {5, 6, 7};
    present.replace(settings);
    const auto first = present.imap();
    CHECK(first->maildir == "first");
    CHECK(present.limits(Tls::on_request).connections.most == 1);
    CHECK(present.limits(Tls::on_request).connections.per_address == 2);
    CHECK(present.limits(Tls::from_the_start).connections.most == 3);
    CHECK(present.limits(Tls::from_the_start).connections.per_address == 4);
    for (const Tls kind : {Tls::on_request, Tls::from_the_start}) {
        CHECK(present.limits(kind).login.before_login == 5);
        CHECK(present.limits(kind).login.per_address_before_login == 6);
    }
    settings.imap.maildir = "second";
    settings.plain_limits.most = 10;
    present.replace(settings);
    CHECK(first->maildir == "first");
    CHECK(present.imap()->maildir == "second");
    CHECK(present.limits(Tls::on_request).connections.most == 10);
}

TEST_CASE("who may connect, and who may speak for another") {
    Present present;
    FrontSettings settings;
    settings.access = {{"192.0.2.0/24", false, std::nullopt}, {"192.0.2.7", true, 3}};
    settings.proxy_trusted = {"10.0.0.0/8", "2001:db8::1"};
    present.replace(settings);
    CHECK_FALSE(present.access(at("192.0.2.1")).allowed);
    CHECK_FALSE(present.access(at("::ffff:192.0.2.1")).allowed);
    CHECK(present.access(at("192.0.2.7")).allowed);
    CHECK((present.access(at("192.0.2.7")).per_address == 3));
    CHECK(present.access(at("192.0.3.1")).allowed);
    CHECK(present.trusts_proxy(at("10.1.2.3")));
    CHECK(present.trusts_proxy(at("2001:db8::1")));
    CHECK_FALSE(present.trusts_proxy(at("2001:db8::2")));
    CHECK_FALSE(present.trusts_proxy(at("192.0.2.7")));
    settings.proxy_trusted.clear();
    settings.access.clear();
    present.replace(settings);
    CHECK_FALSE(present.trusts_proxy(at("10.1.2.3")));
    CHECK(present.access(at("192.0.2.1")).allowed);
}

TEST_CASE("TLS where there is a certificate; the old context lives on with those who have it") {
    const TempFolder folder;
    Present present;
    FrontSettings settings;
    present.replace(settings);
    CHECK(present.tls() == nullptr);
    CHECK(present.starttls() == nullptr);
    settings.tls = material(folder);
    present.replace(settings);
    const auto context = present.tls();
    REQUIRE(context != nullptr);
    CHECK(present.starttls() == nullptr);
    settings.starttls = std::exchange(settings.tls, std::nullopt);
    present.replace(settings);
    CHECK(present.tls() == nullptr);
    CHECK(present.starttls() != nullptr);
    CHECK(context->get() != nullptr);
}

TEST_CASE("settings that are no use change nothing") {
    const TempFolder folder;
    Present present;
    FrontSettings good;
    good.imap.maildir = "good";
    good.tls = material(folder);
    present.replace(good);
    const auto context = present.tls();

    FrontSettings bad = good;
    bad.imap.maildir = "bad";
    bad.tls->key = "no key";
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.tls = good.tls;
    bad.starttls = good.tls;
    bad.starttls->certificate.clear();
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.starttls.reset();
    bad.access = {{"192.0.2.0/33", true, std::nullopt}};
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    bad.access.clear();
    bad.proxy_trusted = {"somewhere"};
    CHECK_THROWS_AS(present.replace(bad), std::runtime_error);
    CHECK(present.imap()->maildir == "good");
    CHECK(present.tls() == context);
    CHECK_FALSE(present.trusts_proxy(at("192.0.2.1")));
}

}  // namespace
}  // namespace postrider::service
