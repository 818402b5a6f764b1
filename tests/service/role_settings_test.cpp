// What each role is told of the settings, and how it comes there.
#include "service/role_settings.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "auth/temp_folder.hpp"
#include "net/certificate.hpp"
#include "service/filled.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::filled;
using test::make_certificate;
using test::same;
using test::TempFolder;

constexpr Door plain_imap{Protocol::imap, Tls::on_request};
constexpr Door tls_imap{Protocol::imap, Tls::from_the_start};
constexpr Door plain_pop3{Protocol::pop3, Tls::on_request};
constexpr Door tls_pop3{Protocol::pop3, Tls::from_the_start};

TEST_CASE("settings of a role come back the same, with all fields set and with none") {
    for (const auto& settings : {filled<FrontSettings>(), FrontSettings{}}) {
        const auto back = decoded<FrontSettings>(encoded(settings));
        REQUIRE(back.has_value());
        CHECK(same(*back, settings));
    }
    for (const auto& settings : {filled<WorkerSettings>(), WorkerSettings{}}) {
        const auto back = decoded<WorkerSettings>(encoded(settings));
        REQUIRE(back.has_value());
        CHECK(same(*back, settings));
    }
}

TEST_CASE("settings that were cut anywhere, or have a byte more, are none") {
    const std::string front = encoded(filled<FrontSettings>());
    for (std::size_t size = 0; size < front.size(); ++size) {
        if (decoded<FrontSettings>(front.substr(0, size))) {
            FAIL_CHECK("cut to " << size);
        }
    }
    CHECK_FALSE(decoded<FrontSettings>(front + '\0').has_value());
    const std::string worker = encoded(filled<WorkerSettings>());
    for (std::size_t size = 0; size < worker.size(); ++size) {
        if (decoded<WorkerSettings>(worker.substr(0, size))) {
            FAIL_CHECK("cut to " << size);
        }
    }
    CHECK_FALSE(decoded<WorkerSettings>(worker + '\0').has_value());
}

/// What front_settings() says that is wrong.
std::string trouble_of(const Settings& settings, const DoorSet& open) {
    try {
        (void)front_settings(settings, open);
    } catch (const std::runtime_error& trouble) {
        return trouble.what();
    }
    return "";
}

TEST_CASE("the front is told limits, lists and keys") {
    const TempFolder folder;
    Settings settings;
    settings.threads = 3;
    settings.imap_doors.plain_limits = {11, 12};
    settings.imap_doors.tls_limits = {13, 14};
    settings.login_limits = {15, 16, 17};
    settings.imap.maildir = "Mail";
    settings.log_debug = true;
    const auto network = *net::Network::parse("192.0.2.0/24");
    settings.imap_doors.access =
        net::AccessList({{network, {false, std::nullopt}}, {*net::Network::parse("::1"), {true, 5}}});
    settings.proxy_trusted = {network};
    settings.imap.starttls = false;
    settings.imap_doors.tls.certificate_file = make_certificate(folder, "tls.pem");
    settings.imap_doors.tls.client_certificate = net::ClientCertificate::required;
    settings.imap_doors.tls.trusted = folder.write("trusted.pem", "");
    CHECK(trouble_of(settings, {tls_imap}).find("trusted.pem") != std::string::npos);
    const std::string authority = test::read_file(make_certificate(folder, "authority.pem"));
    settings.imap_doors.tls.trusted = folder / "authority.pem";
    const FrontSettings front = front_settings(settings, {plain_imap, tls_imap});
    CHECK(front.threads == 3);
    CHECK(same(front.imap_doors.plain_limits, settings.imap_doors.plain_limits));
    CHECK(same(front.imap_doors.tls_limits, settings.imap_doors.tls_limits));
    CHECK(same(front.login_limits, settings.login_limits));
    CHECK_FALSE(front.imap.sasl.host.empty());
    settings.imap.sasl.host = front.imap.sasl.host;
    CHECK(same(front.imap, settings.imap));
    CHECK(front.log_debug);
    REQUIRE(front.imap_doors.access.size() == 2);
    CHECK(same(front.imap_doors.access[0], AccessLine{"192.0.2.0/24", false, std::nullopt}));
    CHECK(same(front.imap_doors.access[1], AccessLine{"::1", true, 5}));
    CHECK((front.proxy_trusted == std::vector<std::string>{"192.0.2.0/24"}));
    REQUIRE(front.imap_doors.tls.has_value());
    CHECK(front.imap_doors.tls->certificate == test::read_file(settings.imap_doors.tls.certificate_file));
    CHECK((authority.starts_with(front.imap_doors.tls->trusted) && !front.imap_doors.tls->trusted.empty()));
    CHECK_FALSE(front.imap_doors.starttls.has_value());
}

TEST_CASE("keys are read only where they are used, and a file that cannot be read is named") {
    const TempFolder folder;
    Settings settings;
    settings.imap_doors.tls.certificate_file = folder / "missing-imaps.pem";
    settings.imap_doors.starttls.certificate_file = folder / "missing-imap.pem";
    settings.pop3_doors.tls.certificate_file = folder / "missing-pop3s.pem";
    settings.pop3_doors.starttls.certificate_file = folder / "missing-pop3.pem";
    settings.imap.starttls = settings.pop3.stls = false;
    const FrontSettings front = front_settings(settings, {plain_imap, plain_pop3});
    for (const FrontDoors& doors : {front.imap_doors, front.pop3_doors}) {
        CHECK_FALSE(doors.tls.has_value());
        CHECK_FALSE(doors.starttls.has_value());
    }
    settings.imap.starttls = settings.pop3.stls = true;
    CHECK(trouble_of(settings, {}).empty());
    CHECK(trouble_of(settings, {plain_imap}).find("missing-imap.pem") != std::string::npos);
    CHECK(trouble_of(settings, {tls_imap}).find("missing-imaps.pem") != std::string::npos);
    CHECK(trouble_of(settings, {plain_pop3}).find("missing-pop3.pem") != std::string::npos);
    CHECK(trouble_of(settings, {tls_pop3}).find("missing-pop3s.pem") != std::string::npos);
}

TEST_CASE("each protocol's doors have their own limits, lists and keys") {
    const TempFolder folder;
    Settings settings;
    settings.pop3.sasl.plain = {auth::Mechanism::plain};
    settings.pop3_doors.plain_limits = {1, 2};
    settings.pop3_doors.tls_limits = {3, 4};
    const net::AccessEntry denied{*net::Network::parse("::1"), {false, std::nullopt}};
    settings.pop3_doors.access = net::AccessList({denied});
    settings.pop3_doors.starttls.certificate_file = make_certificate(folder, "stls.pem");
    const FrontSettings front = front_settings(settings, {plain_pop3});
    CHECK_FALSE(front.pop3.sasl.host.empty());
    settings.pop3.sasl.host = front.pop3.sasl.host;
    CHECK(same(front.pop3, settings.pop3));
    CHECK(same(front.pop3_doors.plain_limits, settings.pop3_doors.plain_limits));
    CHECK(same(front.pop3_doors.tls_limits, settings.pop3_doors.tls_limits));
    REQUIRE(front.pop3_doors.access.size() == 1);
    CHECK(front.imap_doors.access.empty());
    REQUIRE(front.pop3_doors.starttls.has_value());
    CHECK(front.pop3_doors.starttls->certificate == test::read_file(settings.pop3_doors.starttls.certificate_file));
    CHECK_FALSE(front.imap_doors.starttls.has_value());
    settings.pop3.idle_time = std::chrono::seconds(7);
    CHECK(same(worker_settings(settings).pop3, settings.pop3));
}

TEST_CASE("the worker is told of sessions and the store") {
    Settings settings;
    settings.umask = 077;
    settings.imap.idle_poll = std::chrono::seconds(7);
    settings.store.trash = "Bin";
    settings.store.expunge_to_trash = true;
    settings.store.empty_trash = {{"INBOX.Bin", std::chrono::days(7)}};
    settings.store.quota = "10S";
    settings.store.keywords = store::Keywords::careful;
    settings.log_debug = true;
    const WorkerSettings worker = worker_settings(settings);
    CHECK(worker.umask == 077);
    CHECK(same(worker.imap, settings.imap));
    CHECK(same(worker.store, settings.store));
    CHECK(worker.log_debug);
    CHECK(worker.roots.empty());
    CHECK(worker.uid == 0);
}

TEST_CASE("threads: as the settings say, else by the cores") {
    Settings settings;
    CHECK(front_settings(settings, {}).threads > 0);
    CHECK(worker_settings(settings).threads > 0);
    CHECK(worker_settings(settings).pool_threads >= 4);
    settings.threads = 2;
    settings.pool_threads = 1;
    CHECK(front_settings(settings, {}).threads == 2);
    CHECK(worker_settings(settings).threads == 2);
    CHECK(worker_settings(settings).pool_threads == 1);
}

TEST_CASE("a memory file holds what was put there, once, and as long as it was told") {
    for (const std::string& bytes : {std::string(), std::string("a\0b", 3), std::string(1'000'000, 'x')}) {
        const Descriptor file = memory_file(bytes);
        CHECK((content_of(file, bytes.size()) == bytes));
        CHECK_FALSE(content_of(memory_file(bytes), bytes.size() + 1).has_value());
        if (!bytes.empty()) {
            CHECK_FALSE(content_of(file, bytes.size()).has_value());
            CHECK_FALSE(content_of(memory_file(bytes), bytes.size() - 1).has_value());
        }
    }
    CHECK((::fcntl(memory_file("x").get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("settings have a most; what is told to be larger is not read at all") {
    const Descriptor file = memory_file("x");
    CHECK_FALSE(content_of(file, limits::role_settings_bytes + 1).has_value());
    CHECK_FALSE(content_of(file, UINT64_MAX).has_value());
    CHECK(content_of(file, 1) == "x");
    CHECK_FALSE(content_of(Descriptor(), 1).has_value());
}

TEST_CASE("a memory file is sealed: nobody changes what another reads") {
    const Descriptor file = memory_file("settings");
    const auto refuses = [](long result) { return result < 0 && errno == EPERM; };
    CHECK(refuses(::pwrite(file.get(), "X", 1, 0)));
    CHECK(refuses(::pwrite(file.get(), "X", 1, 8)));
    CHECK(refuses(::ftruncate(file.get(), 1)));
    CHECK(refuses(::ftruncate(file.get(), 100)));
    CHECK(refuses(::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE)));
    CHECK((::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0) == MAP_FAILED));
    CHECK(content_of(file, 8) == "settings");
}

}  // namespace
}  // namespace postrider::service
