// The PROXY header at the head of a connection: wherever it is cut, and not a byte more than it.
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection.hpp"
#include "net/pair.hpp"
#include "net/tls_client.hpp"

namespace postrider::net {
namespace {

using namespace std::string_literals;
using namespace test;

const std::string version_1 = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 143\r\n";
const std::string version_2 =
    "\r\n\r\n\0\r\nQUIT\n"s
    "\x21\x11\0\x0C"s
    "\xC0\0\x02\x07\xC6\x33\x64\x01\x9C\x40\0\x8F"s;

Source source() {
    return {boost::asio::ip::make_address("192.0.2.7"), 40'000};
}

using Answer = Io<std::optional<Source>>;

/// Accepts a header while the script goes on.
Answer accept(Pair& pair, Task<void> script, Deadline deadline = late()) {
    std::optional<Answer> answer;
    const auto take = [](Connection& c, std::optional<Answer>& out, Deadline until) -> Task<void> {
        out = co_await c.accept_proxy_header(until);
    };
    pair.run(take(*pair.connection, answer, deadline) && std::move(script));
    return *answer;
}

Task<void> nothing() {
    co_return;
}

/// Each piece comes for itself.
Task<void> say(Pair& pair, std::vector<std::string> pieces) {
    for (const std::string& piece : pieces) {
        pair.send(piece);
        co_await yield(*pair.connection);
        co_await yield(*pair.connection);
    }
}

std::string rest_of(Pair& pair) {
    std::string line;
    pair.run([](Connection& c, std::string& out) -> Task<void> {
        const auto read = co_await c.read_line(100, late());
        REQUIRE(read.has_value());
        out = *read;
    }(*pair.connection, line));
    return line;
}

TEST_CASE("a header may be cut anywhere; what follows is the client's") {
    for (const std::string& header : {version_1, version_2}) {
        const std::string stream = header + "a NOOP\r\n";
        for (std::size_t cut = 1; cut < stream.size(); ++cut) {
            CAPTURE(cut);
            Pair pair;
            const auto answer = accept(pair, say(pair, {stream.substr(0, cut), stream.substr(cut)}));
            REQUIRE(answer.has_value());
            CHECK((*answer == source()));
            CHECK_FALSE(pair.connection->has_buffered_input());
            CHECK(rest_of(pair) == "a NOOP");
        }
    }
}

TEST_CASE("a header may come byte by byte, or whole with all that follows") {
    for (const std::string& header : {version_1, version_2}) {
        const std::string stream = header + "a NOOP\r\n";
        std::vector<std::string> bytes;
        for (const char byte : stream) {
            bytes.emplace_back(1, byte);
        }
        Pair slow;
        const auto late_answer = accept(slow, say(slow, bytes));
        REQUIRE(late_answer.has_value());
        CHECK((*late_answer == source()));
        CHECK(rest_of(slow) == "a NOOP");
        Pair quick;
        quick.send(stream);
        const auto answer = accept(quick, nothing());
        REQUIRE(answer.has_value());
        CHECK((*answer == source()));
        CHECK(rest_of(quick) == "a NOOP");
    }
}

TEST_CASE("a proxy that names nobody speaks for itself") {
    for (const std::string& header : {"PROXY UNKNOWN\r\n"s, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s}) {
        Pair pair;
        pair.send(header + "a NOOP\r\n");
        const auto answer = accept(pair, nothing());
        REQUIRE(answer.has_value());
        CHECK_FALSE(answer->has_value());
        CHECK(rest_of(pair) == "a NOOP");
    }
}

TEST_CASE("behind the header may stand a TLS handshake", "[tls]") {
    const Site site;
    for (const std::string& header : {version_1, version_2}) {
        Pair pair;
        pair.send(header);
        TlsClient client(pair.peer.get(), [](SSL* ssl) { test::say(ssl, "a NOOP\r\n"); });
        // The hello is there too before anything is read.
        char hello[64];
        while (::recv(pair.connection->native_handle(), hello, sizeof hello, MSG_PEEK) <=
               static_cast<ssize_t>(header.size())) {
        }
        pair.run([](Connection& c, std::shared_ptr<const TlsContext> context) -> Task<void> {
            const auto answer = co_await c.accept_proxy_header(late());
            REQUIRE(answer.has_value());
            CHECK((*answer == source()));
            const auto done = co_await c.start_tls(std::move(context), late());
            REQUIRE(done.has_value());
            const auto line = co_await c.read_line(100, late());
            REQUIRE(line.has_value());
            CHECK(*line == "a NOOP");
        }(*pair.connection, site.context()));
        CHECK(client.connected());
    }
}

Closed refusal(const Answer& answer) {
    REQUIRE_FALSE(answer.has_value());
    return answer.error();
}

TEST_CASE("what is no header is refused as soon as that is known") {
    const std::string longest_1 = "PROXY UNKNOWN " + std::string(limits::proxy_v1_bytes - 16, 'x');
    const auto size_2 = limits::proxy_v2_rest_bytes + 1;
    const std::string too_long_2 =
        version_2.substr(0, 14) + static_cast<char>(size_2 >> 8) + static_cast<char>(size_2 & 0xFF);
    for (const std::string& bytes :
         {"a LOGIN ann secret\r\n"s, "\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03"s, "GET / HTTP/1.1\r\n\r\n"s,
          "PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n"s, longest_1 + "xx\r\n", too_long_2, std::string(10'000, 'P')}) {
        CAPTURE(bytes.substr(0, 60));
        Pair pair;
        pair.send(bytes);
        CHECK(refusal(accept(pair, nothing())) == Closed::too_long);
    }
    Pair pair;
    pair.send(longest_1 + "\r\n");
    CHECK(accept(pair, nothing()).has_value());
}

TEST_CASE("a header has its time, which bytes that come do not move") {
    Pair silent;
    CHECK(refusal(accept(silent, nothing(), soon())) == Closed::timeout);
    Pair half;
    half.send(version_1.substr(0, 20));
    CHECK(refusal(accept(half, nothing(), soon())) == Closed::timeout);
    Pair trickle;
    const auto drop_by_drop = [](Pair& p) -> Task<void> {
        asio::steady_timer timer(p.connection->strand());
        for (std::size_t i = 0; i < version_1.size(); ++i) {
            p.send(version_1.substr(i, 1));
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    };
    CHECK(refusal(accept(trickle, drop_by_drop(trickle), soon())) == Closed::timeout);
}

TEST_CASE("a peer that goes before its header is whole is gone") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, version_1.size() - 1}) {
        Pair pair;
        pair.send(version_1.substr(0, size));
        pair.peer = Descriptor();
        CHECK(refusal(accept(pair, nothing())) == Closed::by_peer);
    }
}

TEST_CASE("stop ends the wait for a header") {
    for (const bool early : {true, false}) {
        Pair pair;
        if (early) {
            pair.connection->stop();
        }
        const auto stop = [](Connection& c) -> Task<void> {
            co_await yield(c);
            c.stop();
        };
        CHECK(refusal(accept(pair, stop(*pair.connection))) == Closed::stopped);
    }
}

}  // namespace
}  // namespace postrider::net
