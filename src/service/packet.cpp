#include "service/packet.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace postrider::service {

namespace {

constexpr std::size_t header_bytes = 5;
constexpr std::size_t most_bytes = header_bytes + limits::role_message_bytes;

union Control {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/// An empty packet and the end look alike to recvmsg. A role may not ask, and takes it for the end.
bool is_at_end(int socket) {
    pollfd end{socket, POLLRDHUP, 0};
    return ::poll(&end, 1, 0) != 0 || (end.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

/// Owns every descriptor that came, so that none is left behind. False: more than one.
bool take_descriptors(msghdr& message, Descriptor& out) {
    bool one = true;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        for (std::size_t at = 0; CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
            Descriptor owned(fd);
            one = one && !out;
            out = std::move(owned);
        }
    }
    return one;
}

std::uint32_t length_in(const char* header) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        length |= static_cast<std::uint32_t>(static_cast<unsigned char>(header[i])) << (8 * i);
    }
    return length;
}

}  // namespace

std::variant<Packet, NoPacket> receive_packet(int socket) {
    thread_local char buffer[most_bytes];
    iovec piece{buffer, sizeof buffer};
    Control control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        return later ? NoPacket::not_now : NoPacket::other_end;
    }
    Packet packet;
    const bool one = take_descriptors(message, packet.descriptor);
    if (got == 0) {
        return is_at_end(socket) ? NoPacket::other_end : NoPacket::malformed;
    }
    // Cut off: more came than the one that has room here, or the one found this process's table full.
    const bool cut = (message.msg_flags & MSG_CTRUNC) != 0;
    packet.descriptor_lost = cut && !packet.descriptor;
    const auto size = static_cast<std::size_t>(got);
    if (!one || (cut && packet.descriptor) || (message.msg_flags & MSG_TRUNC) != 0 || size < header_bytes ||
        length_in(buffer) != size - header_bytes ||
        static_cast<unsigned char>(buffer[4]) > static_cast<unsigned char>(last_value(Kind{}))) {
        return NoPacket::malformed;
    }
    packet.kind = static_cast<Kind>(buffer[4]);
    packet.body.assign(buffer + header_bytes, size - header_bytes);
    return packet;
}

std::variant<Packet, NoPacket> receive_packet(int socket, std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        auto got = receive_packet(socket);
        if (const auto* none = std::get_if<NoPacket>(&got); none == nullptr || *none != NoPacket::not_now) {
            return got;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) {
            return NoPacket::not_now;
        }
        pollfd wait{socket, POLLIN, 0};
        ::poll(&wait, 1, static_cast<int>(std::min<decltype(left)>(left, 60'000)));
    }
}

std::string packet_bytes(Kind kind, std::string_view body) {
    std::string bytes;
    bytes.reserve(header_bytes + body.size());
    const auto length = static_cast<std::uint32_t>(body.size());
    for (std::size_t i = 0; i < 4; ++i) {
        bytes += static_cast<char>(length >> (8 * i) & 0xFF);
    }
    bytes += static_cast<char>(kind);
    return bytes += body;
}

Sent send_packet(int socket, std::string_view packet, int descriptor) {
    iovec piece{const_cast<char*>(packet.data()), packet.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
    }
    for (;;) {
        if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            return Sent::yes;
        }
        if (errno != EINTR) {
            // Descriptors under way count too (ETOOMANYREFS), and go as they are received.
            const bool later =
                errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS;
            return later ? Sent::not_now : Sent::other_end;
        }
    }
}

std::pair<Descriptor, Descriptor> packet_sockets() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace postrider::service
