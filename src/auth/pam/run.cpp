// `postrider authpam`: what a PAM child does. Its parent is child.cpp.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

#include "auth/pam.hpp"
#include "auth/pam/child.hpp"
#include "auth/pam/conversation.hpp"

namespace postrider::auth {

namespace {

/// A parent's line: a socket for packets.
bool has_parent() {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(pam_child_line, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/// Ends with its parent (the thread that started it lives as long as its module), also in the middle of a conversation,
/// and leaves the signals of a terminal to it. What PAM starts does not hold the line open.
void follow_parent() {
    ::fcntl(pam_child_line, F_SETFD, FD_CLOEXEC);
    ::prctl(PR_SET_NAME, "postrider");
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_DUMPABLE, 0);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        std::signal(signal, SIG_IGN);
    }
}

/// Gives whether there was one.
bool serve_one(std::string& packet) {
    packet.resize(pam_request_bytes + 1);
    ssize_t size = -1;
    do {
        size = ::recv(pam_child_line, packet.data(), packet.size(), 0);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
        return false;
    }
    const auto request = decoded_request(std::string_view(packet).substr(0, static_cast<std::size_t>(size)));
    std::ranges::fill(packet, '\0');
    if (!request) {
        return false;
    }
    const std::string answer = encoded(converse(*request));
    return ::send(pam_child_line, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
}

}  // namespace

int run_pam_child() {
    if (!has_parent()) {
        std::fprintf(stderr, "postrider %s: is started by `postrider serve`, not by hand\n", pam_child_word);
        return 1;
    }
    follow_parent();
    std::string packet;
    while (serve_one(packet)) {
    }
    return 0;
}

}  // namespace postrider::auth
