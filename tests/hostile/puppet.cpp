#include "puppet.hpp"

#include <seccomp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "service/packet.hpp"

namespace postrider::hostile {

namespace {

using namespace service;

constexpr int highest_descriptor = 256;
constexpr auto patience = std::chrono::seconds(20);

/// By a futex: no role may sleep otherwise.
void rest() {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock(mutex);
    nobody.wait_for(lock, std::chrono::milliseconds(2));
}

std::string result_of(long value) {
    return value >= 0 ? std::to_string(value) : std::string(::strerrorname_np(errno));
}

std::string from_hex(std::string_view hex) {
    std::string bytes(hex.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned char byte = 0;
        std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, byte, 16);
        bytes[i] = static_cast<char>(byte);
    }
    return bytes;
}

std::string to_hex(std::string_view bytes) {
    std::string hex;
    for (const char byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[static_cast<unsigned char>(byte) / 16];
        hex += digits[static_cast<unsigned char>(byte) % 16];
    }
    return hex;
}

// --- The connection the orders come over -----------------------------------------------------------------------------

std::vector<int> listeners() {
    std::vector<int> found;
    for (int fd = 0; fd < highest_descriptor; ++fd) {
        int listens = 0;
        socklen_t size = sizeof listens;
        if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) {
            found.push_back(fd);
        }
    }
    return found;
}

int accepted(const std::vector<int>& listeners) {
    for (;; rest()) {
        for (const int listener : listeners) {
            if (const int client = ::accept(listener, nullptr, nullptr); client >= 0) {
                return client;
            }
        }
    }
}

Packet received(int channel) {
    for (;;) {
        auto got = receive_packet(channel);
        if (auto* packet = std::get_if<Packet>(&got)) {
            return std::move(*packet);
        }
        if (std::get<NoPacket>(got) == NoPacket::other_end) {
            ::_exit(0);
        }
        rest();
    }
}

class Orders {
public:
    explicit Orders(int client) : client_(client) {}

    /// The next line, without its end. The end of the connection ends the process.
    std::string next() {
        for (;;) {
            if (const auto end = input_.find('\n'); end != std::string::npos) {
                std::string line = input_.substr(0, end);
                input_.erase(0, end + 1);
                return line;
            }
            std::array<char, 65536> piece;
            const ssize_t got = ::read(client_, piece.data(), piece.size());
            if (got == 0 || (got < 0 && errno != EAGAIN)) {
                ::_exit(0);
            }
            if (got < 0) {
                rest();
            } else {
                input_.append(piece.data(), static_cast<std::size_t>(got));
            }
        }
    }

    void answer(std::string line) {
        line += "\r\n";
        for (std::string_view left = line; !left.empty();) {
            const ssize_t sent = ::write(client_, left.data(), left.size());
            if (sent > 0) {
                left.remove_prefix(static_cast<std::size_t>(sent));
            } else {
                rest();
            }
        }
    }

private:
    int client_;
    std::string input_;
};

// --- The orders ------------------------------------------------------------------------------------------------------

std::string call(std::istream& words) {
    std::string name;
    words >> name;
    std::array<long, 6> arguments{};
    std::deque<std::string> memory;
    std::string word;
    for (std::size_t i = 0; i < arguments.size() && words >> word; ++i) {
        if (word.starts_with("s:")) {
            memory.push_back(word.substr(2));
        } else if (word.starts_with("h:")) {
            memory.push_back(from_hex(std::string_view(word).substr(2)));
        } else if (word.starts_with("b:")) {
            memory.emplace_back(std::stoul(word.substr(2)), '\0');
        } else {
            arguments[i] = std::stol(word);
            continue;
        }
        arguments[i] = reinterpret_cast<long>(memory.back().data());
    }
    const int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number < 0) {
        return "unknown";
    }
    return result_of(
        ::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]));
}

/// Not the product's own send_packet: that sends no more than one descriptor.
std::string send(int channel, std::istream& words) {
    std::string hex;
    words >> hex;
    std::string bytes = from_hex(hex);
    std::vector<int> descriptors;
    for (int fd = 0; words >> fd;) {
        descriptors.push_back(fd);
    }
    iovec piece{bytes.data(), bytes.size()};
    const std::size_t size = descriptors.size() * sizeof(int);
    std::vector<std::max_align_t> room(CMSG_SPACE(size) / sizeof(std::max_align_t) + 1);
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = room.data();
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(part), descriptors.data(), size);
    }
    return result_of(::sendmsg(channel, &message, MSG_NOSIGNAL));
}

std::string flood(int channel, std::istream& words) {
    std::size_t count = 0;
    std::string hex;
    words >> count >> hex;
    const std::string bytes = from_hex(hex);
    std::size_t sent = 0;
    while (sent < count) {
        switch (send_packet(channel, bytes, -1)) {
            case Sent::yes:
                ++sent;
                break;
            case Sent::not_now:
                rest();
                break;
            case Sent::other_end:
                return std::to_string(sent);
        }
    }
    return std::to_string(sent);
}

std::string receive(int channel) {
    const auto last = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < last) {
        auto got = receive_packet(channel);
        if (auto* packet = std::get_if<Packet>(&got)) {
            return to_hex(packet_bytes(packet->kind, packet->body)) + " " +
                   std::to_string(packet->descriptor.release());
        }
        if (std::get<NoPacket>(got) == NoPacket::other_end) {
            return "end";
        }
        rest();
    }
    return "nothing";
}

std::string done(int channel, const std::string& order) {
    std::istringstream words(order);
    std::string verb;
    words >> verb;
    if (verb == "call") {
        return call(words);
    }
    if (verb == "send") {
        return send(channel, words);
    }
    if (verb == "flood") {
        return flood(channel, words);
    }
    return verb == "receive" ? receive(channel) : "no such order";
}

}  // namespace

void play(int channel) {
    int client = -1;
    std::uint64_t session = 0;
    const auto doors = listeners();
    if (!doors.empty()) {
        send_packet(channel, packet_bytes(Kind::ready, encoded(Ready{})), -1);
        client = accepted(doors);
    }
    while (client < 0) {
        Packet packet = received(channel);
        if (const auto serve = decoded<Serve>(packet.body); packet.kind == Kind::serve && serve) {
            session = serve->admission.session;
            client = packet.descriptor.release();
        }
    }
    Orders orders(client);
    std::string hello = "puppet " + std::to_string(client) + " " + std::to_string(session);
    for (const int door : doors) {
        hello += " " + std::to_string(door);
    }
    orders.answer(std::move(hello));
    for (;;) {
        orders.answer(done(channel, orders.next()));
    }
}

}  // namespace postrider::hostile
