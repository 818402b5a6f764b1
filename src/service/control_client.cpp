#include "service/control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>

#include "core/descriptor.hpp"
#include "core/limits.hpp"
#include "service/packet.hpp"

namespace postrider::service {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto pause_when_full = std::chrono::milliseconds(20);

Error connect_error(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
        case ENOTDIR:
            return {Code::unavailable, "no server is running at " + path};
        case EACCES:
        case EPERM:
            return {Code::not_permitted, path + ": not permitted; be root, or the user that the server was started as"};
        case EPROTOTYPE:
            return {Code::unavailable, path + ": the socket of another program"};
        case EAGAIN:
            return {Code::internal, path + ": the server takes no more orders at the moment"};
        default:
            return {Code::internal, path + ": " + std::generic_category().message(error)};
    }
}

Result<Descriptor> connected(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof at.sun_path) {
        return Error(Code::internal, "\"" + path + "\" cannot be the path of a socket");
    }
    std::memcpy(at.sun_path, path.data(), path.size());
    Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    // A server whose queue of connections is full lets connect() wait.
    const timeval most{std::chrono::seconds(limits::control_time).count(), 0};
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) != 0 ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        return connect_error(path, errno);
    }
    return socket;
}

void add_part(OrderAnswer& whole, OrderAnswer part) {
    whole.last = part.last;
    whole.trouble += part.trouble;
    whole.count += part.count;
    std::ranges::move(part.sessions, std::back_inserter(whole.sessions));
    std::ranges::move(part.figures, std::back_inserter(whole.figures));
}

/// Of a connection at its end: whether the other side left what was sent to it. The system may tell the end first, and
/// this at the next question.
bool was_not_read(int socket, int receive_error) {
    int error = 0;
    socklen_t size = sizeof error;
    return receive_error == ECONNRESET ||
           (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNRESET);
}

/// None: the server closed the connection without reading, because too many others ask too.
Result<std::optional<OrderAnswer>> converse(int socket, const Order& order, Clock::time_point deadline) {
    if (send_packet(socket, packet_bytes(Order::kind, encoded(order)), -1) == Sent::other_end) {
        return std::optional<OrderAnswer>();
    }
    OrderAnswer whole;
    while (!whole.last) {
        errno = 0;  // what stands there afterwards is of this call
        const auto got = receive_packet(socket, deadline);
        const auto* packet = std::get_if<Packet>(&got);
        if (packet == nullptr && std::get<NoPacket>(got) == NoPacket::not_now) {
            return Error(Code::internal, "the server does not answer");
        }
        if (packet == nullptr && was_not_read(socket, errno)) {
            return std::optional<OrderAnswer>();
        }
        auto part =
            packet != nullptr && packet->kind == OrderAnswer::kind ? decoded<OrderAnswer>(packet->body) : std::nullopt;
        if (!part) {
            return Error(Code::internal, packet != nullptr || std::get<NoPacket>(got) == NoPacket::malformed
                                             ? "the server is of another version: restart it"
                                             : "the server broke off: it is stopping, or of another version");
        }
        add_part(whole, std::move(*part));
    }
    return std::optional(std::move(whole));
}

/// The answer to an order, on a connection that the caller made, or on further ones when the server has no room.
Result<OrderAnswer> answer_of(const std::string& path, const Order& order, Result<Descriptor> socket) {
    const auto deadline = Clock::now() + limits::control_time;
    for (;;) {
        if (!socket) {
            return socket.error();
        }
        auto answer = converse(socket->get(), order, deadline);
        if (!answer) {
            return answer.error();
        }
        if (*answer) {
            return std::move(**answer);
        }
        if (Clock::now() >= deadline) {
            return connect_error(path, EAGAIN);
        }
        std::this_thread::sleep_for(pause_when_full);
        socket = connected(path);
    }
}

Result<OrderAnswer> answer_of(const std::string& path, Verb verb, std::string argument = {}) {
    return answer_of(path, Order{verb, std::move(argument)}, connected(path));
}

/// The process that listens at the other end, as a descriptor to wait for; none where it cannot be seen from here, as
/// from within a container.
Descriptor process_behind(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0;
    return known ? Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0))) : Descriptor();
}

bool ends_within(const Descriptor& process, std::chrono::seconds patience) {
    const auto deadline = Clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd wait{process.get(), POLLIN, 0};
        const int got = ::poll(&wait, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        if (got > 0 || left <= 0) {
            return got > 0;
        }
    }
}

}  // namespace

Result<std::vector<SessionLine>> ControlClient::who() const {
    auto answer = answer_of(path_, Verb::who);
    if (!answer) {
        return answer.error();
    }
    return std::move(answer->sessions);
}

Result<std::vector<Figure>> ControlClient::stats() const {
    auto answer = answer_of(path_, Verb::stats);
    if (!answer) {
        return answer.error();
    }
    return std::move(answer->figures);
}

Result<std::uint64_t> ControlClient::kick(const std::string& whom) const {
    const auto answer = answer_of(path_, Verb::kick, whom);
    if (!answer) {
        return answer.error();
    }
    return answer->count;
}

Result<std::string> ControlClient::reload() const {
    auto answer = answer_of(path_, Verb::reload);
    if (!answer) {
        return answer.error();
    }
    return std::move(answer->trouble);
}

Result<void> ControlClient::stop(std::chrono::seconds patience) const {
    auto socket = connected(path_);
    // Before it is told: afterwards the number may be another's.
    const Descriptor server = socket ? process_behind(socket->get()) : Descriptor();
    const auto answer = answer_of(path_, Order{Verb::stop, {}}, std::move(socket));
    if (!answer) {
        return answer.error();
    }
    if (!server) {
        return Error(Code::internal, "the server was told to stop; whether it has cannot be seen from here");
    }
    if (!ends_within(server, patience)) {
        return Error(Code::internal, "the server was told to stop, and is still there after " +
                                         std::to_string(patience.count()) + " s");
    }
    return {};
}

}  // namespace postrider::service
