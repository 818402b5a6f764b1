#include "service/front_sockets.hpp"

#include <sys/socket.h>

#include <string>

#include "core/log.hpp"

namespace postrider::service {

namespace {

/// -1: it is no socket.
int option_of(int socket, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

bool is_of_a_client(int socket) {
    const int domain = option_of(socket, SO_DOMAIN);
    return (domain == AF_INET || domain == AF_INET6) && option_of(socket, SO_TYPE) == SOCK_STREAM &&
           option_of(socket, SO_ACCEPTCONN) == 0;
}

bool is_connected(int socket) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

void listen_again(const OpenListener& open) {
    if (option_of(open.socket.get(), SO_ACCEPTCONN) == 0) {
        log_line(LogLevel::error, "port " + std::to_string(open.listener.port) + " was shut, and is opened again");
        ::listen(open.socket.get(), SOMAXCONN);
    }
}

std::pair<Descriptor, Descriptor> relay_sockets() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        return {};
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace postrider::service
