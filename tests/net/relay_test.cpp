// A client whose session is elsewhere: bytes both ways, back-pressure, every kind of end.
#include "net/relay.hpp"

#include <sys/socket.h>

#include <boost/asio/socket_base.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/pair.hpp"
#include "net/tls_client.hpp"

namespace postrider::net {
namespace {

using namespace test;

constexpr std::size_t most_in_sockets = 4'000'000;

/// A client, the relay, and the session's end of the inner socket.
struct Relayed : Pair {
    Relayed() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            throw std::runtime_error("socketpair");
        }
        session = Descriptor(ends[0]);
        inner.emplace(connection->strand(), Socket::protocol_type(AF_UNIX, 0), ends[1]);
    }

    /// Relays until an end, with the client and the session as the script has them.
    void play(Task<void> script) { run(whole() && std::move(script)); }

    Task<void> whole() {
        Socket socket = std::move(*inner);
        result = co_await relay(*connection, std::move(socket));
        ::shutdown(connection->native_handle(), SHUT_WR);  // not closed yet: that would end the script too
    }

    Descriptor session;
    std::optional<Socket> inner;
    std::optional<RelayResult> result;
    Deadline deadline = late();
};

/// As much as goes now.
std::size_t put(const Descriptor& socket, std::string_view bytes) {
    const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

/// Adds what is there now. False: the end.
bool take(const Descriptor& socket, std::string& out) {
    char bytes[16 * 1024];
    const ssize_t n = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0) {
        out.append(bytes, static_cast<std::size_t>(n));
    }
    return n > 0 || (n < 0 && errno == EAGAIN);
}

/// Lets the relay go on for one step; not for ever.
Task<void> step(const Relayed& site) {
    REQUIRE(std::chrono::steady_clock::now() < site.deadline);
    co_await yield(*site.connection);
}

/// Until that much has come, or the end.
Task<void> hear(Relayed& site, const Descriptor& socket, std::string& out, std::size_t size = std::string::npos) {
    while (out.size() < size && take(socket, out)) {
        co_await step(site);
    }
}

/// Sends from sent on, until nothing goes any more.
Task<void> fill(Relayed& site, const Descriptor& socket, std::string_view all, std::size_t& sent) {
    for (int still = 0; still < 100;) {
        const std::size_t now = put(socket, all.substr(sent));
        sent += now;
        still = now == 0 ? still + 1 : 0;
        co_await step(site);
    }
}

/// Sends the rest from one end while the other reads.
Task<void> carry(Relayed& site, const Descriptor& from, std::string_view rest, const Descriptor& to, std::string& out) {
    while (!rest.empty()) {
        rest.remove_prefix(put(from, rest));
        take(to, out);
        co_await step(site);
    }
}

std::string numbers(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + "\r\n";
    }
    return text;
}

TEST_CASE("bytes go both ways until the session ends", "[relay]") {
    Relayed site;
    std::string asked;
    std::string answered;
    site.play([](Relayed& s, std::string& up, std::string& down) -> Task<void> {
        for (const std::string_view round : {"a NOOP\r\n", "b LOGOUT\r\n"}) {
            const std::size_t size = up.size() + round.size();
            s.send(round);
            co_await hear(s, s.session, up, size);
            put(s.session, "* OK\r\n");
            co_await hear(s, s.peer, down, down.size() + 6);
        }
        put(s.session, "* BYE\r\n");
        s.session = Descriptor();
        co_await hear(s, s.peer, down);
    }(site, asked, answered));
    CHECK(asked == "a NOOP\r\nb LOGOUT\r\n");
    CHECK(answered == "* OK\r\n* OK\r\n* BYE\r\n");
    REQUIRE(site.result.has_value());
    CHECK(site.result->ended == RelayEnd::inner);
    CHECK(site.result->between_lines);
}

TEST_CASE("the result tells whether the session ended between lines", "[relay]") {
    const std::vector<std::pair<std::string, bool>> cases{{"", true}, {"* 1 EXI", false}, {"* OK\r\n* BYE\r\n", true}};
    for (const auto& [text, between] : cases) {
        Relayed site;
        put(site.session, text);
        site.session = Descriptor();
        std::string answered;
        site.play(hear(site, site.peer, answered));
        CHECK(answered == text);
        CHECK(site.result->ended == RelayEnd::inner);
        CHECK(site.result->between_lines == between);
    }
}

TEST_CASE("a client that says no more still hears the rest", "[relay]") {
    Relayed site;
    std::string asked;
    std::string answered;
    site.send("a FETCH 1:* BODY[]\r\n");
    REQUIRE(::shutdown(site.peer.get(), SHUT_WR) == 0);
    site.play([](Relayed& s, std::string& up, std::string& down) -> Task<void> {
        co_await hear(s, s.session, up);
        const std::string rest = numbers(1'000'000);
        co_await carry(s, s.session, rest, s.peer, down);
        s.session = Descriptor();
        co_await hear(s, s.peer, down);
    }(site, asked, answered));
    CHECK(asked == "a FETCH 1:* BODY[]\r\n");
    CHECK((answered == numbers(1'000'000)));
    CHECK(site.result->ended == RelayEnd::inner);
}

TEST_CASE("a client that is gone: the session sees the end, and what it says then ends the relay", "[relay]") {
    Relayed site;
    std::string asked;
    site.send("a NOOP\r\n");
    site.play([](Relayed& s, std::string& up) -> Task<void> {
        co_await hear(s, s.session, up, 8);
        s.peer = Descriptor();
        co_await hear(s, s.session, up);
        while (!s.result) {
            put(s.session, "* OK\r\n");
            co_await step(s);
        }
    }(site, asked));
    CHECK(asked == "a NOOP\r\n");
    REQUIRE(site.result.has_value());
    CHECK(site.result->ended == RelayEnd::client);
}

TEST_CASE("a session that is gone while the client speaks ends the relay", "[relay]") {
    Relayed site;
    site.session = Descriptor();
    site.send("a NOOP\r\n");
    std::string answered;
    site.play(hear(site, site.peer, answered));
    CHECK(site.result->ended == RelayEnd::inner);
}

TEST_CASE("a client that does not read stops its session, with little memory; then all of it comes", "[relay]") {
    Relayed site;
    const std::string text = numbers(most_in_sockets);
    std::string answered;
    site.play([](Relayed& s, const std::string& all, std::string& down) -> Task<void> {
        std::size_t sent = 0;
        co_await fill(s, s.session, all, sent);
        CHECK(sent < all.size());
        CHECK(s.connection->memory() < 256 * 1024);
        co_await carry(s, s.session, std::string_view(all).substr(sent), s.peer, down);
        s.session = Descriptor();
        co_await hear(s, s.peer, down);
    }(site, text, answered));
    CHECK((answered == text));
    CHECK(site.result->ended == RelayEnd::inner);
}

TEST_CASE("a session that does not read stops its client, with little memory; then all of it comes", "[relay]") {
    Relayed site;
    site.inner->set_option(asio::socket_base::send_buffer_size(1));  // so that no piece goes whole
    const std::string text = numbers(most_in_sockets);
    std::string asked;
    site.play([](Relayed& s, const std::string& all, std::string& up) -> Task<void> {
        std::size_t sent = 0;
        co_await fill(s, s.peer, all, sent);
        CHECK(sent < all.size());
        CHECK(s.connection->memory() < 256 * 1024);
        // What the session says comes through meanwhile.
        std::string down;
        put(s.session, "* BYE\r\n");
        co_await hear(s, s.peer, down, 7);
        CHECK(down == "* BYE\r\n");
        co_await carry(s, s.peer, std::string_view(all).substr(sent), s.session, up);
        co_await hear(s, s.session, up, all.size());
        s.session = Descriptor();
    }(site, text, asked));
    CHECK((asked == text));
}

TEST_CASE("input that was read ahead goes first; while nothing moves no buffer is held", "[relay]") {
    Relayed site;
    site.connection->give_input("a NO");
    site.send("OP\r\n");
    site.play([](Relayed& s) -> Task<void> {
        std::string up;
        co_await hear(s, s.session, up, 8);
        CHECK(up == "a NOOP\r\n");
        std::string down;
        const std::string answer = numbers(100'000);
        put(s.session, answer);
        co_await hear(s, s.peer, down, answer.size());
        co_await yield(*s.connection);
        CHECK(s.connection->memory() < sizeof(Connection) + 2 * 1024);
        s.session = Descriptor();
    }(site));
}

TEST_CASE("stop ends the relay, under way or before it began", "[relay]") {
    for (const bool early : {true, false}) {
        Relayed site;
        if (early) {
            site.connection->stop();
        }
        site.play([](Relayed& s, bool stopped) -> Task<void> {
            co_await step(s);
            if (!stopped) {
                s.connection->stop();
            }
            while (!s.result) {
                co_await step(s);
            }
        }(site, early));
        REQUIRE(site.result.has_value());
        CHECK(site.result->ended == RelayEnd::client);
    }
}

TEST_CASE("over TLS: long texts both ways", "[relay][tls]") {
    const Site tls;
    Relayed site;
    const std::string question = numbers(300'000);
    const std::string answer = numbers(1'000'000);
    std::string answered;
    TlsClient client(site.peer.get(), [&](SSL* ssl) {
        say(ssl, question);
        answered = test::hear(ssl, answer.size());
    });
    std::string asked;
    const auto with_tls = [](Relayed& s, std::shared_ptr<const TlsContext> context) -> Task<void> {
        const auto done = co_await s.connection->start_tls(std::move(context), late());
        REQUIRE(done.has_value());
        co_await s.whole();
    };
    const auto session = [](Relayed& s, std::string& up, std::size_t size, const std::string& down) -> Task<void> {
        co_await hear(s, s.session, up, size);
        for (std::size_t sent = 0; sent < down.size();) {
            sent += put(s.session, std::string_view(down).substr(sent));
            co_await step(s);
        }
        s.session = Descriptor();
    };
    site.run(with_tls(site, tls.context()) && session(site, asked, question.size(), answer));
    CHECK(client.connected());
    CHECK((asked == question));
    CHECK((answered == answer));
    CHECK(site.result->ended == RelayEnd::inner);
}

}  // namespace
}  // namespace postrider::net
