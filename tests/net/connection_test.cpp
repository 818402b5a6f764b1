// The connection in clear: lines, limits, deadlines, wakes, stops, back-pressure.
#include "net/connection.hpp"

#include <sys/socket.h>

#include <string>
#include <vector>

#include "net/live_bytes.hpp"
#include "net/pair.hpp"

namespace postrider::net {
namespace {

using namespace test;

TEST_CASE("a line ends with LF or CRLF and comes without it") {
    Pair pair;
    pair.send("one\r\ntwo\n\r\n\nfive\rx\r\r\n");
    pair.run([](Connection& c) -> Task<void> {
        for (const auto* wanted : {"one", "two", "", "", "five\rx\r"}) {
            const auto line = co_await c.read_line(100, late());
            REQUIRE(line.has_value());
            CHECK(*line == wanted);
        }
        CHECK_FALSE(c.has_buffered_input());
        CHECK(c.bytes_received() == 21);
    }(*pair.connection));
}

TEST_CASE("a line may be as long as its limit, its end included, and no longer") {
    for (const auto* end : {"\n", "\r\n"}) {
        for (const int more : {-1, 0, 1}) {
            constexpr std::size_t most = 1000;
            const std::string text(most - std::string_view(end).size() + static_cast<std::size_t>(more), 'x');
            Pair pair;
            pair.send(text + end + "next\r\n");
            pair.run([](Connection& c, const std::string& wanted, bool fits) -> Task<void> {
                const auto line = co_await c.read_line(most, late());
                REQUIRE(line.has_value() == fits);
                if (fits) {
                    CHECK(*line == wanted);
                } else {
                    CHECK(line.error() == Closed::too_long);
                    const auto tail = co_await c.skip_line(late());
                    REQUIRE(tail.has_value());
                }
                const auto next = co_await c.read_line(most, late());
                REQUIRE(next.has_value());
                CHECK(*next == "next");
            }(*pair.connection, text, more <= 0));
        }
    }
}

TEST_CASE("a line without an end is too long as soon as its limit is reached") {
    Pair pair;
    pair.send(std::string(50, 'x'));
    pair.run([](Connection& c) -> Task<void> {
        const auto line = co_await c.read_line(50, late());
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error() == Closed::too_long);
    }(*pair.connection));
}

TEST_CASE("lines are the same wherever the stream is cut") {
    const std::string stream = "a\r\nbb\nccc\r\n\r\nd\r\n";
    const std::vector<std::string> wanted = {"a", "bb", "ccc", "", "d"};
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Pair pair;
        std::vector<std::string> lines;
        const auto read = [](Connection& c, std::vector<std::string>& out, std::size_t count) -> Task<void> {
            while (out.size() < count) {
                const auto line = co_await c.read_line(20, late());
                REQUIRE(line.has_value());
                out.push_back(*line);
            }
        };
        const auto write = [](Pair& p, std::string_view rest) -> Task<void> {
            co_await yield(*p.connection);
            p.send(rest);
        };
        pair.send(stream.substr(0, cut));
        pair.run(read(*pair.connection, lines, wanted.size()) && write(pair, std::string_view(stream).substr(cut)));
        CHECK(lines == wanted);
    }
}

TEST_CASE("lines are the same byte by byte, and bytes too") {
    Pair pair;
    std::string read_back;
    const auto read = [](Connection& c, std::string& out) -> Task<void> {
        const auto line = co_await c.read_line(20, late());
        REQUIRE(line.has_value());
        out = *line + "|";
        const auto bytes = co_await c.read_bytes(out, 5, late());
        REQUIRE(bytes.has_value());
        const auto next = co_await c.read_line(20, late());
        REQUIRE(next.has_value());
        out += "|" + *next;
    };
    const auto write = [](Pair& p) -> Task<void> {
        for (const char c : std::string("head {5}\r\n\r\nabc tail\r\n")) {
            p.send(std::string_view(&c, 1));
            co_await yield(*p.connection);
            co_await yield(*p.connection);
        }
    };
    pair.run(read(*pair.connection, read_back) && write(pair));
    CHECK(read_back == "head {5}|\r\nabc| tail");
}

TEST_CASE("skip_line drops a line of any length and keeps its last 64 bytes") {
    for (const std::size_t length :
         {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{50'000}}) {
        Pair pair;
        std::string text;
        for (std::size_t i = 0; i < length; ++i) {
            text += static_cast<char>('a' + i % 26);
        }
        pair.send(text + "\nnext\r\n");
        pair.run([](Connection& c, const std::string& wanted) -> Task<void> {
            const auto tail = co_await c.skip_line(late());
            REQUIRE(tail.has_value());
            CHECK(*tail == (wanted.size() > 64 ? wanted.substr(wanted.size() - 64) : wanted));
            const auto next = co_await c.read_line(100, late());
            REQUIRE(next.has_value());
            CHECK(*next == "next");
        }(*pair.connection, text));
    }
}

TEST_CASE("read_some gives what is there, at most what was asked for") {
    Pair pair;
    pair.send("abcdefgh");
    pair.run([](Connection& c) -> Task<void> {
        const auto three = co_await c.read_some(3, late());
        REQUIRE(three.has_value());
        CHECK(*three == "abc");
        const auto rest = co_await c.read_some(100, late());
        REQUIRE(rest.has_value());
        CHECK(*rest == "defgh");
    }(*pair.connection));
}

TEST_CASE("a deadline ends the wait; what had come is there for the next") {
    Pair pair;
    pair.send("half");
    pair.run([](Pair& p) -> Task<void> {
        Connection& c = *p.connection;
        const auto begun = std::chrono::steady_clock::now();
        const auto nothing = co_await c.read_line(100, soon());
        REQUIRE_FALSE(nothing.has_value());
        CHECK(nothing.error() == Closed::timeout);
        CHECK(std::chrono::steady_clock::now() - begun >= 20ms);
        CHECK(std::chrono::steady_clock::now() - begun < 5s);
        p.send(" a line\r\n");
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        CHECK(*line == "half a line");
        const auto waited = co_await c.wait_input(soon());
        REQUIRE_FALSE(waited.has_value());
        CHECK(waited.error() == Closed::timeout);
        const auto again = co_await c.read_some(10, soon());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error() == Closed::timeout);
    }(pair));
}

TEST_CASE("bytes that trickle in do not move a deadline") {
    Pair pair;
    bool over = false;
    const auto read = [](Connection& c, bool& done) -> Task<void> {
        const auto line = co_await c.read_line(1'000'000, std::chrono::steady_clock::now() + 50ms);
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error() == Closed::timeout);
        done = true;
    };
    const auto write = [](Pair& p, const bool& done) -> Task<void> {
        asio::steady_timer timer(p.connection->strand());
        while (!done) {
            p.send("x");
            timer.expires_after(2ms);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    };
    pair.run(read(*pair.connection, over) && write(pair, over));
    CHECK(over);
}

TEST_CASE("a deadline in the past is over at once; an earlier one follows a later one") {
    Pair pair;
    pair.run([](Connection& c) -> Task<void> {
        const auto past = co_await c.wait_input(std::chrono::steady_clock::now() - 1s);
        REQUIRE_FALSE(past.has_value());
        CHECK(past.error() == Closed::timeout);
        for (int i = 0; i < 3; ++i) {
            const auto nothing = co_await c.wait_input(soon());
            REQUIRE_FALSE(nothing.has_value());
            CHECK(nothing.error() == Closed::timeout);
        }
    }(*pair.connection));
}

TEST_CASE("wake ends the wait for input, the present one or the next, and loses nothing") {
    Pair pair;
    const auto wait = [](Pair& p) -> Task<void> {
        Connection& c = *p.connection;
        const auto woken = co_await c.wait_input(late());
        REQUIRE(woken.has_value());
        CHECK(*woken == Wake::woken);
        c.wake();
        p.send("line\r\n");
        const auto input = co_await c.wait_input(late());  // who is woken without end must hear the client all the same
        REQUIRE(input.has_value());
        CHECK(*input == Wake::input);
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        CHECK(*line == "line");
        const auto next = co_await c.wait_input(late());
        REQUIRE(next.has_value());
        CHECK(*next == Wake::woken);
        c.wake();
        const auto passed = co_await c.wait_input(std::chrono::steady_clock::now());
        CHECK((!passed.has_value() && passed.error() == Closed::timeout));
    };
    const auto wake = [](Connection& c) -> Task<void> {
        co_await yield(c);
        c.wake();
    };
    pair.run(wait(pair) && wake(*pair.connection));
}

TEST_CASE("wake does not disturb a read") {
    Pair pair;
    const auto read = [](Connection& c) -> Task<void> {
        const auto line = co_await c.read_line(100, late());
        REQUIRE(line.has_value());
        CHECK(*line == "line");
    };
    const auto wake = [](Pair& p) -> Task<void> {
        co_await yield(*p.connection);
        p.connection->wake();
        co_await yield(*p.connection);
        p.send("line\r\n");
    };
    pair.run(read(*pair.connection) && wake(pair));
}

TEST_CASE("buffered input ends the wait for input at once") {
    Pair pair;
    pair.send("one\r\ntwo\r\n");
    pair.run([](Connection& c) -> Task<void> {
        const auto one = co_await c.read_line(100, late());
        REQUIRE(one.has_value());
        CHECK(c.has_buffered_input());
        const auto ready = co_await c.wait_input(late());
        REQUIRE(ready.has_value());
        CHECK(*ready == Wake::input);
    }(*pair.connection));
}

TEST_CASE("stop ends waits, present and future; what is queued still goes out") {
    Pair pair;
    const auto wait = [](Connection& c) -> Task<void> {
        const auto stopped = co_await c.wait_input(late());
        REQUIRE_FALSE(stopped.has_value());
        CHECK(stopped.error() == Closed::stopped);
        const auto again = co_await c.wait_input(late());
        REQUIRE_FALSE(again.has_value());
        CHECK(again.error() == Closed::stopped);
        const auto line = co_await c.read_line(100, late());
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error() == Closed::stopped);
        const auto paused = co_await c.pause(late());
        REQUIRE_FALSE(paused.has_value());
        CHECK(paused.error() == Closed::stopped);
        c.write("* BYE\r\n");
        const auto sent = co_await c.flush();
        CHECK(sent.has_value());
        CHECK(c.is_stopped());
    };
    const auto stop = [](Connection& c) -> Task<void> {
        co_await yield(c);
        c.stop();
    };
    pair.run(wait(*pair.connection) && stop(*pair.connection));
    CHECK(pair.receive() == "* BYE\r\n");
}

TEST_CASE("stop ends a read and a pause") {
    Pair pair;
    const auto read = [](Connection& c) -> Task<void> {
        const auto line = co_await c.read_line(100, late());
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error() == Closed::stopped);
    };
    const auto pause = [](Connection& c) -> Task<void> {
        const auto paused = co_await c.pause(late());
        REQUIRE_FALSE(paused.has_value());
        CHECK(paused.error() == Closed::stopped);
    };
    const auto stop = [](Connection& c) -> Task<void> {
        co_await yield(c);
        c.stop();
    };
    const auto begun = std::chrono::steady_clock::now();
    Pair other;
    pair.run(read(*pair.connection) && stop(*pair.connection));
    other.run(pause(*other.connection) && stop(*other.connection));
    CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("a pause lasts until its time") {
    Pair pair;
    pair.send("input\r\n");
    pair.run([](Connection& c) -> Task<void> {
        const auto until = soon();
        const auto paused = co_await c.pause(until);
        CHECK(paused.has_value());
        CHECK(std::chrono::steady_clock::now() >= until);
    }(*pair.connection));
}

TEST_CASE("nothing is sent before flush, and all of it by flush") {
    Pair pair;
    pair.connection->write("a");
    pair.connection->write("bc");
    CHECK(pair.connection->queued() == 3);
    CHECK(pair.receive() == "");
    pair.run([](Connection& c) -> Task<void> {
        const auto sent = co_await c.flush();
        CHECK(sent.has_value());
    }(*pair.connection));
    CHECK(pair.receive() == "abc");
    CHECK(pair.connection->queued() == 0);
    CHECK(pair.connection->bytes_sent() == 3);
}

TEST_CASE("flush waits for a peer that does not read and goes on when it does") {
    Pair pair;
    std::string sent;
    for (int i = 0; sent.size() < 8'000'000; ++i) {
        sent += std::to_string(i) + "\r\n";
    }
    bool flushed = false;
    std::string received;
    const auto flush = [](Connection& c, const std::string& bytes, bool& done) -> Task<void> {
        c.write(bytes);
        const auto all = co_await c.flush();
        CHECK(all.has_value());
        done = true;
    };
    const auto read = [](Pair& p, std::size_t size, const bool& done, std::string& out) -> Task<void> {
        for (int i = 0; i < 100; ++i) {
            co_await yield(*p.connection);
        }
        CHECK_FALSE(done);
        CHECK(p.connection->queued() > size / 2);
        while (out.size() < size) {
            const auto piece = p.receive();
            REQUIRE(piece.has_value());
            out += *piece;
            co_await yield(*p.connection);
        }
    };
    pair.run(flush(*pair.connection, sent, flushed) && read(pair, sent.size(), flushed, received));
    CHECK(flushed);
    CHECK((received == sent));
    CHECK(pair.connection->bytes_sent() == sent.size());
}

TEST_CASE("a flush to a peer that does not read ends a second after stop") {
    Pair pair;
    const auto flush = [](Connection& c) -> Task<void> {
        c.write(std::string(8'000'000, 'x'));
        c.stop();
        const auto begun = std::chrono::steady_clock::now();
        const auto sent = co_await c.flush();
        REQUIRE_FALSE(sent.has_value());
        CHECK(sent.error() == Closed::timeout);
        CHECK(std::chrono::steady_clock::now() - begun < 8s);
    };
    pair.run(flush(*pair.connection));
}

TEST_CASE("the peer's end is by_peer, for reads, waits and flushes") {
    Pair pair;
    pair.send("last words");
    pair.peer = Descriptor();
    pair.run([](Connection& c) -> Task<void> {
        const auto ready = co_await c.wait_input(late());
        CHECK(ready.has_value());
        const auto line = co_await c.read_line(100, late());
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error() == Closed::by_peer);
        c.write("hello?");
        const auto sent = co_await c.flush();
        REQUIRE_FALSE(sent.has_value());
        CHECK(sent.error() == Closed::by_peer);
        const auto skipped = co_await c.skip_line(late());
        REQUIRE_FALSE(skipped.has_value());
        CHECK(skipped.error() == Closed::by_peer);
    }(*pair.connection));
}

TEST_CASE("close says goodbye once, and everything afterwards is at its end") {
    Pair pair;
    pair.run([](Connection& c) -> Task<void> {
        c.close();
        c.close();
        const auto ready = co_await c.wait_input(late());
        REQUIRE_FALSE(ready.has_value());
        c.write("x");
        const auto sent = co_await c.flush();
        REQUIRE_FALSE(sent.has_value());
    }(*pair.connection));
    CHECK(pair.receive() == std::nullopt);
}

TEST_CASE("watch ends when the connection was closed") {
    Pair pair;
    const auto close = [](Connection& c) -> Task<void> {
        co_await yield(c);
        c.close();
    };
    auto done = asio::co_spawn(pair.connection->strand(), pair.connection->watch() && close(*pair.connection),
                               asio::use_future);
    pair.loop.run();
    done.get();
    CHECK(pair.loop.stopped());
}

TEST_CASE("an idle connection holds no buffer") {
    Pair pair;
    const auto idle = [](Pair& p) -> Task<void> {
        Connection& c = *p.connection;
        const auto begin = co_await c.wait_input(soon());
        CHECK_FALSE(begin.has_value());
        const std::size_t before = live_bytes();
        {
            p.send(std::string(40'000, 'x') + "\r\n");
            const auto line = co_await c.read_line(100'000, late());
            REQUIRE(line.has_value());
            c.write(*line);
            const auto sent = co_await c.flush();
            REQUIRE(sent.has_value());
            REQUIRE(live_bytes() > before + 40'000);
        }
        const auto end = co_await c.wait_input(soon());
        CHECK_FALSE(end.has_value());
        CHECK(live_bytes() < before + 2048);
    };
    pair.run(idle(pair));
}

}  // namespace
}  // namespace postrider::net
