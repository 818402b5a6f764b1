// A connection that comes to an orderly end, or goes to somebody else.
#include <fcntl.h>

#include <optional>
#include <string>

#include "net/connection.hpp"
#include "net/pair.hpp"

namespace postrider::net {
namespace {

using namespace test;

TEST_CASE("finish ends the wait for input, the present one and those to come") {
    Pair pair;
    pair.run([](Connection& c) -> Task<void> {
        const auto wait = [](Connection& connection) -> Task<void> {
            const auto ready = co_await connection.wait_input(late());
            REQUIRE_FALSE(ready.has_value());
            CHECK(ready.error() == Closed::stopped);
        };
        const auto finish = [](Connection& connection) -> Task<void> {
            co_await yield(connection);
            connection.finish();
        };
        co_await (wait(c) && finish(c));
        co_await wait(c);
    }(*pair.connection));
    pair.send("input\r\n");
    pair.run([](Connection& c) -> Task<void> {
        const auto ready = co_await c.wait_input(late());
        REQUIRE_FALSE(ready.has_value());
        CHECK(ready.error() == Closed::stopped);
    }(*pair.connection));
}

TEST_CASE("finish leaves what is under way: reads, pauses, output") {
    Pair pair;
    const auto command = [](Connection& c) -> Task<void> {
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        CHECK(*line == "a literal");
        std::string bytes;
        const auto read = co_await c.read_bytes(bytes, 4, late());
        REQUIRE(read.has_value());
        CHECK(bytes == "text");
        const auto paused = co_await c.pause(soon());
        CHECK(paused.has_value());
        c.write("a OK\r\n");
        const auto sent = co_await c.flush();
        CHECK(sent.has_value());
        CHECK_FALSE(c.is_stopped());
    };
    const auto others = [](Pair& p) -> Task<void> {
        co_await yield(*p.connection);
        p.connection->finish();
        co_await yield(*p.connection);
        p.send("a literal\r\nte");
        co_await yield(*p.connection);
        p.connection->finish();
        p.send("xt");
    };
    pair.run(command(*pair.connection) && others(pair));
    CHECK(pair.receive() == "a OK\r\n");
}

TEST_CASE("input that was read ahead is taken whole, and goes on elsewhere with what follows") {
    Pair before;
    before.send("a LOGIN ann secret\r\nb SELECT INBOX\r\nc NO");
    std::string taken;
    before.run([](Connection& c, std::string& out) -> Task<void> {
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        out = c.take_input();
        CHECK_FALSE(c.has_buffered_input());
        CHECK(c.take_input().empty());
    }(*before.connection, taken));
    CHECK(taken == "b SELECT INBOX\r\nc NO");

    Pair after;
    after.connection->give_input(taken);
    after.send("OP\r\n");
    after.run([](Connection& c) -> Task<void> {
        CHECK(c.has_buffered_input());
        const auto ready = co_await c.wait_input(late());
        REQUIRE(ready.has_value());
        CHECK(*ready == Wake::input);
        for (const auto* wanted : {"b SELECT INBOX", "c NOOP"}) {
            const auto line = co_await c.read_line(100, late());
            REQUIRE(line.has_value());
            CHECK(*line == wanted);
        }
    }(*after.connection));
}

TEST_CASE("input that is given back is read from its begin") {
    Pair pair;
    pair.send("one\r\ntwo\r\nthree\r\n");
    pair.run([](Connection& c) -> Task<void> {
        const auto first = co_await c.read_line(100, late());
        REQUIRE(first.has_value());
        c.give_input(c.take_input());
        const auto second = co_await c.read_line(100, late());
        REQUIRE(second.has_value());
        CHECK(*second == "two");
    }(*pair.connection));
}

TEST_CASE("abandon closes here, and whoever else has the socket goes on") {
    Pair pair;
    const Descriptor other(::fcntl(pair.connection->native_handle(), F_DUPFD_CLOEXEC, 0));
    pair.run([](Connection& c) -> Task<void> {
        c.write("never sent");
        c.abandon();
        c.abandon();
        c.close();
        const auto ready = co_await c.wait_input(late());
        CHECK_FALSE(ready.has_value());
    }(*pair.connection));
    CHECK(pair.receive() == "");
    pair.send("to the other\r\n");
    char bytes[100];
    CHECK(::recv(other.get(), bytes, sizeof bytes, MSG_DONTWAIT) == 14);
    CHECK(::send(other.get(), "answer", 6, MSG_NOSIGNAL) == 6);
    CHECK(pair.receive() == "answer");
}

}  // namespace
}  // namespace postrider::net
