// The line between two processes: order, rules, rates, a reader that stops, ends.
#include "service/channel.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "service/descriptors.hpp"
#include "service/role_table.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using namespace std::chrono_literals;
using test::a_descriptor;
using test::open_descriptors;

/// The supervisor's end of a line to a role, and the bare socket at that role's end.
class Line {
public:
    explicit Line(Role role = Role::front, Stage stage = Stage::serving) {
        Descriptor ours;
        std::tie(ours, peer) = packet_sockets();
        channel = std::make_shared<Channel>(asio::make_strand(loop), std::move(ours), Role::supervisor, role);
        channel->set_stage(stage);
    }

    std::future<std::optional<Packet>> start_receive() {
        return asio::co_spawn(channel->strand(), channel->receive(), asio::use_future);
    }
    std::optional<Packet> receive() {
        auto packet = start_receive();
        loop.restart();
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (packet.wait_for(0s) != std::future_status::ready) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            loop.run_one_for(1s);
        }
        return packet.get();
    }
    /// What the role says, as bytes.
    void say(Kind kind, const std::string& body, int descriptor = -1) const {
        REQUIRE(send_packet(peer.get(), packet_bytes(kind, body), descriptor) == Sent::yes);
    }
    template <class M>
    void say(const M& message) const {
        say(M::kind, encoded(message));
    }
    /// What the role has been told; none: nothing yet, or the end.
    std::optional<Packet> heard() const {
        auto got = receive_packet(peer.get());
        auto* packet = std::get_if<Packet>(&got);
        return packet != nullptr ? std::optional(std::move(*packet)) : std::nullopt;
    }
    bool is_at_end() const {
        const auto got = receive_packet(peer.get());
        const auto* none = std::get_if<NoPacket>(&got);
        return none != nullptr && *none == NoPacket::other_end;
    }

    asio::io_context loop;
    Descriptor peer;
    std::shared_ptr<Channel> channel;
};

/// How many such packets a socket takes that nobody reads.
std::size_t packets_in_socket(const std::string& packet) {
    const auto [here, there] = packet_sockets();
    std::size_t count = 0;
    while (send_packet(here.get(), packet, -1) == Sent::yes) {
        ++count;
    }
    return count;
}

TEST_CASE("messages come in order, also those that had to wait, with their descriptors") {
    Line line;
    constexpr std::uint64_t count = 3000;
    const auto before = open_descriptors();
    for (std::uint64_t i = 0; i < count; ++i) {
        line.channel->send(HandOverAnswer{i, i % 2 == 0}, i % 100 == 0 ? a_descriptor() : Descriptor());
    }
    std::uint64_t next = 0;
    while (next < count) {
        while (const auto packet = line.heard()) {
            const auto answer = decoded<HandOverAnswer>(packet->body);
            REQUIRE(answer.has_value());
            REQUIRE(answer->session == next);
            REQUIRE(static_cast<bool>(packet->descriptor) == (next % 100 == 0));
            ++next;
        }
        line.loop.restart();
        line.loop.poll();
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("what the other end says comes with its descriptor") {
    Line line;
    const Descriptor client = a_descriptor();
    line.say(Kind::hand_over, "any bytes", client.get());
    line.say(Kind::hand_over, "");
    const auto first = line.receive();
    REQUIRE(first.has_value());
    CHECK((first->kind == Kind::hand_over));
    CHECK(first->body == "any bytes");
    CHECK(static_cast<bool>(first->descriptor));
    const auto second = line.receive();
    REQUIRE(second.has_value());
    CHECK_FALSE(static_cast<bool>(second->descriptor));
}

struct Offence {
    Role from;
    Stage stage;
    Kind kind;
    std::size_t size;
    bool descriptor;
    const char* trouble;  ///< nullptr: none
};

TEST_CASE("what the rules do not allow ends the line") {
    const std::size_t most = rule_for(Kind::ready, Role::front, Role::supervisor, Stage::serving)->most_bytes;
    const Offence offences[] = {
        {Role::front, Stage::serving, Kind::ready, most, false, nullptr},
        {Role::front, Stage::serving, Kind::ready, most + 1, false, "too long"},
        {Role::front, Stage::serving, Kind::login, limits::role_message_bytes, false, nullptr},
        {Role::front, Stage::serving, Kind::login, limits::role_message_bytes + 1, false, "no message"},
        {Role::front, Stage::starting, Kind::login, 0, false, "may not send now"},
        {Role::worker, Stage::serving, Kind::login, 0, false, "may not send now"},
        {Role::front, Stage::serving, Kind::login_answer, 0, false, "may not send now"},
        {Role::front, Stage::serving, Kind::order, 0, false, "may not send now"},
        {Role::front, Stage::serving, Kind::login, 0, true, "with a descriptor"},
        {Role::worker, Stage::serving, Kind::taken, 0, true, "with a descriptor"},
        {Role::control, Stage::starting, Kind::order, 0, true, "with a descriptor"},
    };
    for (const Offence& offence : offences) {
        CAPTURE(static_cast<int>(offence.from), static_cast<int>(offence.kind), offence.size);
        Line line(offence.from, offence.stage);
        const auto before = open_descriptors();
        const Descriptor client = offence.descriptor ? a_descriptor() : Descriptor();
        line.say(offence.kind, std::string(offence.size, 'x'), client.get());
        const auto got = line.receive();
        CHECK(got.has_value() == (offence.trouble == nullptr));
        CHECK(line.channel->is_closed() == (offence.trouble != nullptr));
        CHECK(line.is_at_end() == (offence.trouble != nullptr));
        if (offence.trouble != nullptr) {
            CHECK(line.channel->trouble().find(offence.trouble) != std::string::npos);
            line.loop.restart();
            line.loop.poll();
            CHECK(open_descriptors() == before - 1 + (offence.descriptor ? 1 : 0));  // our end is closed
        } else {
            CHECK(line.channel->trouble().empty());
        }
    }
}

TEST_CASE("a message that needs a descriptor is none without it") {
    asio::io_context loop;
    auto [ours, theirs] = packet_sockets();
    const auto worker =
        std::make_shared<Channel>(asio::make_strand(loop), std::move(ours), Role::worker, Role::supervisor);
    REQUIRE(send_packet(theirs.get(), packet_bytes(Kind::serve, ""), -1) == Sent::yes);
    auto packet = asio::co_spawn(worker->strand(), worker->receive(), asio::use_future);
    loop.run();
    CHECK_FALSE(packet.get().has_value());
    CHECK(worker->trouble().find("without its descriptor") != std::string::npos);
}

TEST_CASE("a packet that is none ends the line") {
    Line line;
    line.say(LogLine{LogLevel::info, "first"});
    REQUIRE(::send(line.peer.get(), "x", 1, 0) == 1);
    line.say(LogLine{LogLevel::info, "never read"});
    CHECK(line.receive().has_value());
    CHECK_FALSE(line.receive().has_value());
    CHECK_FALSE(line.receive().has_value());
    CHECK(line.channel->trouble().find("no message") != std::string::npos);
}

TEST_CASE("a stage opens what was closed before") {
    Line line(Role::front, Stage::starting);
    line.say(Ready{});
    CHECK(line.receive().has_value());
    line.channel->set_stage(Stage::serving);
    line.say(Login{});
    CHECK(line.receive().has_value());
}

TEST_CASE("a reader that stops is given so much and no more") {
    Line line;
    const LogLine message{LogLevel::info, std::string(limits::log_line_bytes, 'x')};
    const std::string packet = packet_bytes(Kind::log, encoded(message));
    const auto before = open_descriptors();
    const std::size_t in_socket = packets_in_socket(packet);
    // What a message that waits costs besides its bytes is less than this.
    constexpr std::size_t around = 64;
    const std::size_t surely = limits::role_queue_bytes / (packet.size() + around);
    for (std::size_t i = 0; i < in_socket + surely - 1; ++i) {
        line.channel->send(message);
    }
    line.channel->send(message, a_descriptor());
    CHECK_FALSE(line.channel->is_closed());
    CHECK(open_descriptors() == before + 1);
    for (std::size_t i = surely; i * packet.size() <= limits::role_queue_bytes; ++i) {
        line.channel->send(message);
    }
    CHECK(line.channel->is_closed());
    CHECK(line.channel->trouble() == "does not read what it is sent");
    CHECK(open_descriptors() == before);
    CHECK_FALSE(line.receive().has_value());
}

TEST_CASE("small messages that wait cost more than their bytes") {
    Line line;
    const std::size_t packet = packet_bytes(Kind::kick, encoded(Kick{1})).size();
    for (std::size_t i = 0; i < limits::role_queue_bytes / packet && !line.channel->is_closed(); ++i) {
        line.channel->send(Kick{1});
    }
    CHECK(line.channel->is_closed());
}

TEST_CASE("what was read makes room") {
    Line line;
    const LogLine message{LogLevel::info, std::string(limits::log_line_bytes, 'x')};
    const std::size_t half = limits::role_queue_bytes / limits::log_line_bytes / 2;
    for (int round = 0; round < 4; ++round) {
        for (std::size_t i = 0; i < half; ++i) {
            line.channel->send(message);
        }
        for (std::size_t heard = 0; heard < half;) {
            while (line.heard()) {
                ++heard;
            }
            line.loop.restart();
            line.loop.poll();
        }
    }
    CHECK_FALSE(line.channel->is_closed());
}

TEST_CASE("log lines that a reader does not read are dropped sooner, and other messages go on") {
    Line line;
    const LogLine text{LogLevel::info, "text"};
    const std::size_t in_socket = packets_in_socket(packet_bytes(Kind::log, encoded(text)));
    for (std::size_t i = 0; i < in_socket + limits::role_queue_log_lines; ++i) {
        REQUIRE(line.channel->send_if_room(text));
    }
    CHECK_FALSE(line.channel->send_if_room(text));
    line.channel->send(Kick{1});
    CHECK_FALSE(line.channel->is_closed());
    std::size_t lines = 0;
    bool kicked = false;
    while (!kicked) {
        while (const auto packet = line.heard()) {
            kicked = packet->kind == Kind::kick;
            lines += kicked ? 0 : 1;
        }
        line.loop.restart();
        line.loop.poll();
    }
    CHECK(lines == in_socket + limits::role_queue_log_lines);
    CHECK(line.channel->send_if_room(text));
    CHECK(line.heard().has_value());
}

TEST_CASE("a sender that is faster than its rule is read later, and nothing is lost") {
    Line line;
    const unsigned most = rule_for(Kind::ready, Role::front, Role::supervisor, Stage::serving)->per_second;
    REQUIRE(most > 0);
    for (unsigned i = 0; i < most + 1; ++i) {
        line.say(Ready{std::to_string(i)});
    }
    line.say(LogLine{LogLevel::info, "another kind"});
    std::chrono::steady_clock::time_point begin;
    for (unsigned i = 0; i < most + 1; ++i) {
        const auto packet = line.receive();
        REQUIRE(packet.has_value());
        CHECK(decoded<Ready>(packet->body)->trouble == std::to_string(i));
        if (i == 0) {
            begin = std::chrono::steady_clock::now();
        }
    }
    // The second began just before the first came.
    CHECK(std::chrono::steady_clock::now() - begin > 900ms);
    const auto last = line.receive();
    REQUIRE(last.has_value());
    CHECK((last->kind == Kind::log));
}

TEST_CASE("log lines that come too fast are dropped and counted; nothing waits for them") {
    Line line;
    const std::uint64_t most = rule_for(Kind::log, Role::front, Role::supervisor, Stage::serving)->per_second;
    REQUIRE(most > 0);
    std::uint64_t received = 0;
    bool done = false;
    const auto count = [](Channel& channel, std::uint64_t& lines, bool& over) -> Task<void> {
        while (auto packet = co_await channel.receive()) {
            over = packet->kind == Kind::abandon;
            lines += over ? 0 : 1;
        }
    };
    auto counting = asio::co_spawn(line.channel->strand(), count(*line.channel, received, done), asio::use_future);
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < 3 * most; ++i) {
        line.say(LogLine{LogLevel::info, "text"});
        line.loop.poll();
    }
    line.say(Abandon{1});
    line.loop.poll();
    REQUIRE(done);
    const auto seconds = static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count());
    CHECK(received >= most);
    CHECK(received <= seconds * most);
    CHECK(line.channel->take_dropped() == 3 * most - received);
    CHECK(line.channel->take_dropped() == 0);
}

TEST_CASE("a descriptor that was lost on the way counts as one") {
    Line line(Role::worker);
    const Descriptor given = a_descriptor();
    line.say(Kind::taken, encoded(Taken{1}), given.get());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    auto packet = line.start_receive();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    line.loop.poll();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(packet.wait_for(0s) == std::future_status::ready);
    CHECK_FALSE(packet.get().has_value());
    CHECK(line.channel->trouble().find("with a descriptor") != std::string::npos);
}

TEST_CASE("the other end's end comes after what it said, and is no trouble") {
    Line line;
    line.say(LogLine{LogLevel::info, "last words"});
    line.peer = Descriptor();
    CHECK(line.receive().has_value());
    CHECK_FALSE(line.receive().has_value());
    CHECK(line.channel->is_closed());
    CHECK(line.channel->trouble().empty());
    line.channel->send(Kick{1});
    CHECK(line.channel->send_if_room({LogLevel::info, "into the void"}));
}

TEST_CASE("close ends the wait, is seen at the other end, and what waits goes nowhere") {
    Line line;
    const auto before = open_descriptors();
    auto waiting = line.start_receive();
    line.loop.poll();
    const std::size_t in_socket = packets_in_socket(packet_bytes(Kind::kick, encoded(Kick{1})));
    for (std::size_t i = 0; i < in_socket; ++i) {
        line.channel->send(Kick{1});
    }
    line.channel->send(Kick{2}, a_descriptor());
    std::jthread([&line] { line.channel->close(); }).join();
    line.channel->close();
    line.channel->send(Kick{3}, a_descriptor());
    line.loop.restart();
    line.loop.run();
    REQUIRE(waiting.wait_for(0s) == std::future_status::ready);
    CHECK_FALSE(waiting.get().has_value());
    CHECK(open_descriptors() == before - 1);
    for (std::size_t i = 0; i < in_socket; ++i) {
        REQUIRE(line.heard().has_value());
    }
    CHECK(line.is_at_end());
}

TEST_CASE("refuse closes; the first trouble is the one that is told") {
    Line line;
    line.channel->refuse("sent what cannot be read");
    line.channel->refuse("something else");
    CHECK(line.channel->is_closed());
    CHECK(line.channel->trouble() == "sent what cannot be read");
    CHECK(line.is_at_end());
    Line closed;
    closed.channel->close();
    closed.channel->refuse("too late");
    CHECK(closed.channel->trouble().empty());
}

TEST_CASE("many threads may send at once; each one's messages stay in order", "[threads]") {
    Line line;
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t each = 1000;
    const std::jthread loop([&line](const std::stop_token& over) {
        const auto work = asio::make_work_guard(line.loop);
        while (!over.stop_requested()) {
            line.loop.run_one_for(10ms);
        }
    });
    std::vector<std::jthread> senders;
    for (std::uint64_t i = 0; i < threads; ++i) {
        senders.emplace_back([&line, i] {
            for (std::uint64_t k = 0; k < each; ++k) {
                line.channel->send(SessionEnded{i * each + k});
            }
        });
    }
    std::vector<std::uint64_t> next(threads, 0);
    for (std::uint64_t count = 0; count < threads * each; ++count) {
        auto got = receive_packet(line.peer.get(), std::chrono::steady_clock::now() + 30s);
        REQUIRE(std::holds_alternative<Packet>(got));
        const auto ended = decoded<SessionEnded>(std::get<Packet>(got).body);
        REQUIRE(ended.has_value());
        REQUIRE(ended->session % each == next.at(ended->session / each)++);
    }
}

}  // namespace
}  // namespace postrider::service
