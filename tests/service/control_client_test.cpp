// The control client against servers that do what ours never does. With a real one: tests/system/control_test.py.
#include "service/control_client.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>

#include "core/limits.hpp"
#include "service/packet.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using namespace std::chrono_literals;

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "postrider-control-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary folder");
        }
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string at(const std::string& name) const { return path_ + '/' + name; }

private:
    std::string path_;
};

Descriptor listening(const std::string& path, int type) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    Descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(socket.get(), 4) != 0) {
        throw std::runtime_error("no socket to listen at");
    }
    return socket;
}

using Deed = std::function<void(int client)>;

/// Treats one client after the other with one deed each, then is gone.
class FakeServer {
public:
    FakeServer(const std::string& path, std::vector<Deed> deeds)
        : listening_(listening(path, SOCK_SEQPACKET)), thread_([this, deeds = std::move(deeds)] { serve(deeds); }) {}
    ~FakeServer() { ::shutdown(listening_.get(), SHUT_RDWR); }  // clients that did not come are not waited for
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

private:
    void serve(const std::vector<Deed>& deeds) const {
        for (const Deed& deed : deeds) {
            const Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) {
                return;
            }
            deed(client.get());
        }
    }

    Descriptor listening_;
    std::jthread thread_;
};

Order order_from(int client) {
    const auto got = receive_packet(client, std::chrono::steady_clock::now() + 30s);
    return decoded<Order>(std::get<Packet>(got).body).value();
}

Deed answers(std::vector<OrderAnswer> parts) {
    return [parts = std::move(parts)](int client) {
        order_from(client);
        for (const OrderAnswer& part : parts) {
            send_packet(client, packet_bytes(OrderAnswer::kind, encoded(part)), -1);
        }
    };
}

/// As a server that has too many clients does: closes without reading what was sent, once it is there.
void turns_away(int client) {
    char byte = 0;
    ::recv(client, &byte, 1, MSG_PEEK);
}

TEST_CASE("no server is there") {
    const Folder folder;
    const std::string path = folder.at("control");
    const auto code = [](const std::string& where) { return ControlClient(where).who().error().code; };
    CHECK(code(path) == Code::unavailable);
    CHECK(code(path + "/below") == Code::unavailable);
    listening(path, SOCK_SEQPACKET);  // gone again: the file alone is left
    CHECK(code(path) == Code::unavailable);
    std::ofstream(folder.at("file")) << "text";
    CHECK(code(folder.at("file")) == Code::unavailable);
    const Descriptor other = listening(folder.at("stream"), SOCK_STREAM);
    CHECK(code(folder.at("stream")) == Code::unavailable);
    CHECK(code("") == Code::internal);
    CHECK(code("/" + std::string(108, 'x')) == Code::internal);
}

TEST_CASE("an answer in parts is put together") {
    const Folder folder;
    OrderAnswer first;
    first.sessions = {{.session = 1, .user = "ann"}, {.session = 2, .user = "ben"}};
    OrderAnswer second;
    second.sessions = {{.session = 3, .user = "cy"}};
    const FakeServer server(folder.at("control"), {answers({first, second, OrderAnswer{.last = true}})});
    const auto sessions = ControlClient(folder.at("control")).who();
    REQUIRE(sessions.has_value());
    REQUIRE(sessions->size() == 3);
    CHECK((*sessions)[2].user == "cy");
}

TEST_CASE("the orders are what was asked for") {
    const Folder folder;
    Order kick;
    Order reload;
    const FakeServer server(folder.at("control"), {[&](int client) {
                                                       kick = order_from(client);
                                                       OrderAnswer done{.last = true, .count = 3};
                                                       send_packet(client, packet_bytes(done.kind, encoded(done)), -1);
                                                   },
                                                   [&](int client) {
                                                       reload = order_from(client);
                                                       OrderAnswer done{.last = true, .trouble = "a mistake"};
                                                       send_packet(client, packet_bytes(done.kind, encoded(done)), -1);
                                                   }});
    const ControlClient client(folder.at("control"));
    CHECK(client.kick("#7").value() == 3);
    CHECK(kick.verb == Verb::kick);
    CHECK(kick.argument == "#7");
    CHECK(client.reload().value() == "a mistake");
    CHECK(reload.verb == Verb::reload);
}

TEST_CASE("a server that has no room is asked again") {
    const Folder folder;
    const FakeServer server(folder.at("control"),
                            {turns_away, turns_away, [](int) {}, answers({OrderAnswer{.last = true}})});
    CHECK(ControlClient(folder.at("control")).stats().has_value());
}

TEST_CASE("a server of another version") {
    const Folder folder;
    const auto sends = [](std::string bytes) {
        return [bytes = std::move(bytes)](int client) {
            order_from(client);
            ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        };
    };
    const FakeServer server(folder.at("control"), {
                                                      sends("garbage"),
                                                      sends(packet_bytes(Kind::order_answer, "too little")),
                                                      sends(packet_bytes(Kind::ready, encoded(Ready{}))),
                                                      order_from,
                                                  });
    const ControlClient client(folder.at("control"));
    for (int i = 0; i < 4; ++i) {
        const auto answer = client.who();
        REQUIRE(answer.has_error());
        CHECK(answer.error().code == Code::internal);
        CHECK(answer.error().detail.find("of another version") != std::string::npos);
    }
}

TEST_CASE("stop waits for the process, but not for ever") {
    const Folder folder;
    const FakeServer server(folder.at("control"), {answers({OrderAnswer{.last = true}})});
    const auto stopped = ControlClient(folder.at("control")).stop(0s);  // the process is this one
    REQUIRE(stopped.has_error());
    CHECK(stopped.error().detail.find("still there") != std::string::npos);
}

}  // namespace
}  // namespace postrider::service
