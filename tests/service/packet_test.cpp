// Single packets: bytes, descriptors, and what is none.
#include "service/packet.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "service/descriptors.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::a_descriptor;
using test::open_descriptors;

/// Sends bytes as they are, with that many descriptors.
void send_raw(const Descriptor& socket, std::string bytes, std::size_t descriptors = 0) {
    const Descriptor one = a_descriptor();
    iovec piece{bytes.data(), bytes.size()};
    std::vector<char> control(CMSG_SPACE(sizeof(int) * descriptors));
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (descriptors > 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
        const std::vector<int> all(descriptors, one.get());
        std::memcpy(CMSG_DATA(part), all.data(), sizeof(int) * descriptors);
    }
    REQUIRE(::sendmsg(socket.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

NoPacket failure(const std::variant<Packet, NoPacket>& got) {
    REQUIRE(std::holds_alternative<NoPacket>(got));
    return std::get<NoPacket>(got);
}

TEST_CASE("packets come in order, each with its own descriptor or none") {
    const auto [here, there] = packet_sockets();
    const auto before = open_descriptors();
    const Descriptor given = a_descriptor();
    CHECK(send_packet(here.get(), packet_bytes(Kind::log, "one"), -1) == Sent::yes);
    CHECK(send_packet(here.get(), packet_bytes(Kind::serve, ""), given.get()) == Sent::yes);
    CHECK(send_packet(here.get(), packet_bytes(Kind::order_answer, "\0three"s), -1) == Sent::yes);
    {
        const auto first = std::get<Packet>(receive_packet(there.get()));
        const auto second = std::get<Packet>(receive_packet(there.get()));
        const auto third = std::get<Packet>(receive_packet(there.get()));
        CHECK((first.kind == Kind::log));
        CHECK(first.body == "one");
        CHECK_FALSE(static_cast<bool>(first.descriptor));
        CHECK((second.kind == Kind::serve));
        CHECK(second.body.empty());
        REQUIRE(static_cast<bool>(second.descriptor));
        CHECK((::fcntl(second.descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((third.kind == Kind::order_answer));
        CHECK(third.body == "\0three"s);
        CHECK_FALSE(static_cast<bool>(third.descriptor));
        CHECK(open_descriptors() == before + 2);
    }
    CHECK(open_descriptors() == before + 1);
    CHECK((failure(receive_packet(there.get())) == NoPacket::not_now));
}

TEST_CASE("more than one descriptor is no packet, and none of them stays") {
    for (const std::size_t count : {2, 3, 200}) {
        CAPTURE(count);
        const auto [here, there] = packet_sockets();
        const auto before = open_descriptors();
        send_raw(here, packet_bytes(Kind::log, "text"), count);
        send_raw(here, packet_bytes(Kind::log, "next"));
        CHECK((failure(receive_packet(there.get())) == NoPacket::malformed));
        CHECK(open_descriptors() == before);
        CHECK(std::get<Packet>(receive_packet(there.get())).body == "next");
    }
}

TEST_CASE("a malformed packet's descriptor does not stay either") {
    const auto [here, there] = packet_sockets();
    const auto before = open_descriptors();
    send_raw(here, "x", 1);
    CHECK((failure(receive_packet(there.get())) == NoPacket::malformed));
    CHECK(open_descriptors() == before);
}

TEST_CASE("a packet without a byte is malformed, and not the end") {
    const auto [here, there] = packet_sockets();
    send_raw(here, "");
    send_raw(here, packet_bytes(Kind::log, "next"));
    CHECK((failure(receive_packet(there.get())) == NoPacket::malformed));
    CHECK(std::get<Packet>(receive_packet(there.get())).body == "next");
}

TEST_CASE("a descriptor for which this process has no room is lost, and the packet tells so") {
    const auto [here, there] = packet_sockets();
    const Descriptor given = a_descriptor();
    REQUIRE(send_packet(here.get(), packet_bytes(Kind::serve, "first"), given.get()) == Sent::yes);
    REQUIRE(send_packet(here.get(), packet_bytes(Kind::serve, "second"), given.get()) == Sent::yes);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto first = receive_packet(there.get());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto second = receive_packet(there.get());
    CHECK(std::get<Packet>(first).body == "first");
    CHECK_FALSE(static_cast<bool>(std::get<Packet>(first).descriptor));
    CHECK(std::get<Packet>(first).descriptor_lost);
    CHECK(static_cast<bool>(std::get<Packet>(second).descriptor));
    CHECK_FALSE(std::get<Packet>(second).descriptor_lost);
}

TEST_CASE("a header that is cut, tells another length or an unknown kind is no packet") {
    const std::string good = packet_bytes(Kind::order_answer, "abc");
    REQUIRE(good == "\x03\0\0\0"s + static_cast<char>(last_value(Kind{})) + "abc");
    std::vector<std::string> bad{good.substr(0, 1),
                                 good.substr(0, 4),
                                 good.substr(0, 5),
                                 good.substr(0, 7),
                                 good + "d",
                                 "\xFF\xFF\xFF\xFF" + good.substr(4),
                                 "\0\0\0\x03"s + good.substr(4)};
    for (const int kind : {static_cast<int>(last_value(Kind{})) + 1, 0x80, 0xFF}) {
        bad.push_back(good);
        bad.back()[4] = static_cast<char>(kind);
    }
    const auto [here, there] = packet_sockets();
    for (const std::string& bytes : bad) {
        send_raw(here, bytes);
        CAPTURE(bytes);
        CHECK((failure(receive_packet(there.get())) == NoPacket::malformed));
    }
    send_raw(here, good);
    CHECK(std::get<Packet>(receive_packet(there.get())).body == "abc");
}

TEST_CASE("a packet may be as long as the longest message and no longer") {
    for (const int more : {-1, 0, 1}) {
        const auto [here, there] = packet_sockets();
        const std::string body(limits::role_message_bytes + static_cast<std::size_t>(more), 'x');
        CHECK((send_packet(here.get(), packet_bytes(Kind::log, body), -1) == Sent::yes));
        const auto got = receive_packet(there.get());
        if (more <= 0) {
            CHECK((std::get<Packet>(got).body == body));
        } else {
            CHECK((failure(got) == NoPacket::malformed));
        }
    }
}

TEST_CASE("the other end's end, for reading and for writing") {
    auto [here, there] = packet_sockets();
    CHECK(send_packet(here.get(), packet_bytes(Kind::log, "last"), -1) == Sent::yes);
    here = Descriptor();
    CHECK(std::get<Packet>(receive_packet(there.get())).body == "last");
    CHECK((failure(receive_packet(there.get())) == NoPacket::other_end));
    CHECK(send_packet(there.get(), packet_bytes(Kind::log, "more"), -1) == Sent::other_end);
}

TEST_CASE("a socket that is full takes nothing now, and keeps the order") {
    const auto [here, there] = packet_sockets();
    const std::string body(1000, 'x');
    int sent = 0;
    while (send_packet(here.get(), packet_bytes(Kind::log, body + std::to_string(sent)), -1) == Sent::yes) {
        ++sent;
        REQUIRE(sent < 100'000);
    }
    CHECK(sent > 0);
    for (int i = 0; i < sent; ++i) {
        REQUIRE(std::get<Packet>(receive_packet(there.get())).body == body + std::to_string(i));
    }
    CHECK(send_packet(here.get(), packet_bytes(Kind::log, "more"), -1) == Sent::yes);
}

TEST_CASE("a wait for a packet ends with it, with its deadline, or with the other end") {
    auto [here, there] = packet_sockets();
    const auto now = std::chrono::steady_clock::now();
    CHECK((failure(receive_packet(there.get(), now + 10ms)) == NoPacket::not_now));
    CHECK(std::chrono::steady_clock::now() >= now + 10ms);
    CHECK((failure(receive_packet(there.get(), now)) == NoPacket::not_now));
    CHECK(send_packet(here.get(), packet_bytes(Kind::log, "x"), -1) == Sent::yes);
    CHECK(std::get<Packet>(receive_packet(there.get(), now)).body == "x");
    here = Descriptor();
    CHECK((failure(receive_packet(there.get(), std::chrono::steady_clock::now() + 1h)) == NoPacket::other_end));
}

}  // namespace
}  // namespace postrider::service
