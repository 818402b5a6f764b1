// TLS: handshakes with a certificate made here, against OpenSSL's own client in a thread.
#include "net/tls.hpp"

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "net/pair.hpp"
#include "net/tls_client.hpp"

namespace postrider::net {
namespace {

using namespace test;
using postrider::test::make_certificate;

TEST_CASE("after the handshake lines go both ways", "[tls]") {
    const Site site;
    Pair pair;
    std::string heard;
    bool closed_well = false;
    TlsClient client(pair.peer.get(), [&](SSL* ssl) {
        say(ssl, "hello\r\nand ");
        say(ssl, "more\r\n");
        heard = hear(ssl, 8);
        char rest[1];
        closed_well = SSL_read(ssl, rest, 1) == 0 && SSL_get_shutdown(ssl) == SSL_RECEIVED_SHUTDOWN;
    });
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
        CHECK_FALSE(c.is_tls());
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE(done.has_value());
        CHECK(c.is_tls());
        for (const auto* wanted : {"hello", "and more"}) {
            const auto line = co_await c.read_line(100, late());
            REQUIRE(line.has_value());
            CHECK(*line == wanted);
        }
        c.write("answer\r\n");
        const auto sent = co_await c.flush();
        CHECK(sent.has_value());
        c.close();
    }(*pair.connection, site.context()));
    CHECK(client.connected());
    CHECK(heard == "answer\r\n");
    CHECK(closed_well);
}

TEST_CASE("what came in clear before the handshake is thrown away", "[tls]") {
    const Site site;
    Pair pair;
    pair.send("a STARTTLS\r\nb INJECTED\r\n");
    std::unique_ptr<TlsClient> client;
    const auto serve = [](Connection& c, std::shared_ptr<const TlsContext> context,
                          std::function<void()> go) -> Task<void> {
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        CHECK(*line == "a STARTTLS");
        REQUIRE(c.has_buffered_input());
        go();
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE(done.has_value());
        CHECK_FALSE(c.has_buffered_input());
        const auto next = co_await c.read_line(100, late());
        REQUIRE(next.has_value());
        CHECK(*next == "c FIRST");
    };
    std::function<void()> go = [&] {
        client = std::make_unique<TlsClient>(pair.peer.get(), [](SSL* ssl) { say(ssl, "c FIRST\r\n"); });
    };
    pair.run(serve(*pair.connection, site.context(), std::move(go)));
    CHECK(client->connected());
}

TEST_CASE("a client that speaks something else fails the handshake", "[tls]") {
    const Site site;
    Pair pair;
    pair.send("a LOGIN demo secret\r\n");
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error() == Closed::tls);
    }(*pair.connection, site.context()));
}

TEST_CASE("a client that is silent, or goes, does not hold the handshake", "[tls]") {
    const Site site;
    Pair silent;
    silent.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(context), soon());
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error() == Closed::timeout);
    }(*silent.connection, site.context()));
    Pair gone;
    gone.peer = Descriptor();
    gone.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE_FALSE(done.has_value());
        CHECK((done.error() == Closed::by_peer || done.error() == Closed::tls));  // an end without close_notify
    }(*gone.connection, site.context()));
}

TEST_CASE("large answers pass through TLS whole, with the client reading slowly", "[tls]") {
    const Site site;
    Pair pair;
    std::string sent;
    for (int i = 0; sent.size() < 3'000'000; ++i) {
        sent += std::to_string(i) + "\r\n";
    }
    std::string heard;
    TlsClient client(pair.peer.get(), [&](SSL* ssl) { heard = hear(ssl, sent.size()); });
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> context, const std::string& bytes) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE(done.has_value());
        c.write(bytes);
        const auto all = co_await c.flush();
        CHECK(all.has_value());
    }(*pair.connection, site.context(), sent));
    CHECK(client.connected());
    CHECK((heard == sent));
}

TEST_CASE("a wait for input sees what OpenSSL has decrypted already", "[tls]") {
    const Site site;
    Pair pair;
    TlsClient client(pair.peer.get(), [](SSL* ssl) {
        say(ssl, std::string(12'000, 'x') + "\r\nsecond\r\n");
        hear(ssl, 1);
    });
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(context), late());
        REQUIRE(done.has_value());
        const auto first = co_await c.read_some(8 * 1024, late());
        REQUIRE(first.has_value());
        const auto ready = co_await c.wait_input(late());
        REQUIRE(ready.has_value());
        const auto rest = co_await c.skip_line(late());
        REQUIRE(rest.has_value());
        const auto second = co_await c.read_line(100, late());
        REQUIRE(second.has_value());
        CHECK(*second == "second");
        c.write("!");
        const auto sent = co_await c.flush();
        CHECK(sent.has_value());
    }(*pair.connection, site.context()));
    CHECK(client.connected());
}

/// Whether a client with this newest version and ALPN name gets through.
bool handshake_works(const std::shared_ptr<const TlsContext>& context, int most_version, const std::string& alpn) {
    Pair pair;
    TlsClient client(
        pair.peer.get(), [](SSL*) {}, most_version, alpn);
    bool works = false;
    pair.run([](Connection& c, std::shared_ptr<const TlsContext> with, bool& good) -> Task<void> {
        const auto done = co_await c.start_tls(std::move(with), late());
        good = done.has_value();
        c.close();
    }(*pair.connection, context, works));
    pair.connection.reset();
    const bool client_works = client.connected();
    return works && client_works;
}

TEST_CASE("the least protocol version", "[tls]") {
    const Site site;
    CHECK(handshake_works(site.context(), TLS1_2_VERSION, ""));
    CHECK(handshake_works(site.context(), TLS1_3_VERSION, ""));
    CHECK(handshake_works(site.context("TLSv1.2++"), TLS1_2_VERSION, ""));
    CHECK(handshake_works(site.context("TLSv1.3"), TLS1_3_VERSION, ""));
    CHECK_FALSE(handshake_works(site.context("TLSv1.3"), TLS1_2_VERSION, ""));
}

TEST_CASE("ALPN: our protocol, or none; a client that means another is refused", "[tls]") {
    const Site site;
    const auto context = site.context("", "imap");
    CHECK(handshake_works(context, 0, ""));
    CHECK(handshake_works(context, 0, "imap"));
    CHECK_FALSE(handshake_works(context, 0, "pop3"));
    CHECK_FALSE(handshake_works(context, 0, "h2"));
}

TEST_CASE("files that are no certificate or key are named", "[tls]") {
    const Site site;
    const auto failure = [](const TlsSettings& settings) {
        const auto made = make_context(settings);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Code::invalid_data);
        return made.error().detail;
    };
    TlsSettings settings;
    settings.certificate_file = site.folder / "missing.pem";
    CHECK(failure(settings).find("missing.pem") != std::string::npos);
    settings.certificate_file = site.folder.write("text.pem", "no certificate\n");
    CHECK(failure(settings).find("text.pem") != std::string::npos);
    settings.certificate_file = site.certificate;
    settings.key_file = make_certificate(site.folder, "other.pem");
    CHECK(failure(settings).find("other.pem") != std::string::npos);
    settings.key_file.clear();
    settings.protocol = "SSL9";
    CHECK(failure(settings).find("SSL9") != std::string::npos);
    settings.protocol.clear();
    settings.ciphers = "NO-SUCH-CIPHER";
    CHECK(failure(settings).find("NO-SUCH-CIPHER") != std::string::npos);
    settings.ciphers.clear();
    settings.dh_params_file = site.folder.write("dh.pem", "no parameters\n");
    CHECK(failure(settings).find("dh.pem") != std::string::npos);
    settings.dh_params_file = site.folder / "no-such-dh.pem";
    CHECK(make_context(settings).has_value());
}

}  // namespace
}  // namespace postrider::net
