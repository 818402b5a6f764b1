#include "service/role_start.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "service/role_settings.hpp"

namespace postrider::service {

namespace {

std::atomic<bool> debug_lines = false;

}  // namespace

bool has_supervisor(Role role) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(role_channel, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) {
        return true;
    }
    std::fprintf(stderr, "postrider %s: is started by `postrider serve`, not by hand\n",
                 std::string(name_of(role)).c_str());
    return false;
}

FirstOrders first_orders(int channel, Role role) {
    FirstOrders orders;
    const auto deadline = std::chrono::steady_clock::now() + limits::role_start_time;
    for (;;) {
        auto got = receive_packet(channel, deadline);
        auto* packet = std::get_if<Packet>(&got);
        if (packet == nullptr || rule_for(packet->kind, Role::supervisor, role, Stage::starting) == nullptr) {
            throw std::runtime_error("the supervisor sent no settings");
        }
        if (packet->kind == Kind::settings) {
            auto settings = settings_in(*packet);
            if (!settings) {
                throw std::runtime_error("the settings cannot be read");
            }
            orders.settings = std::move(*settings);
            return orders;
        }
        const auto listener = decoded<NewListener>(packet->body);
        if (packet->kind != Kind::listener || !listener || !packet->descriptor) {
            throw std::runtime_error("the supervisor sent something else than settings");
        }
        orders.listeners.emplace_back(*listener, std::move(packet->descriptor));
    }
}

std::optional<std::string> settings_in(const Packet& packet) {
    const auto message = decoded<NewSettings>(packet.body);
    return message && packet.descriptor ? content_of(packet.descriptor, message->size) : std::nullopt;
}

LastWords::LastWords() : line_(::fcntl(role_channel, F_DUPFD_CLOEXEC, role_channel + 1)) {}

void LastWords::say(const std::string& trouble) {
    if (line_) {
        const Ready words{trouble.substr(0, limits::log_line_bytes)};
        send_packet(line_.get(), packet_bytes(Kind::ready, encoded(words)), -1);
    }
}

void leave_signals_to_supervisor() {
    ::prctl(PR_SET_NAME, "postrider");  // the kernel's name for it would be that of /proc/self/exe
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) {
        std::signal(signal, SIG_IGN);
    }
}

void log_debug(bool wanted) {
    debug_lines = wanted;
}

void log_to(const std::shared_ptr<Channel>& channel) {
    auto dropped = std::make_shared<std::atomic<std::uint64_t>>(0);
    set_log_sink([channel, dropped](LogLevel level, std::string_view line, Protocol protocol) {
        if (level == LogLevel::debug && !debug_lines) {
            return;
        }
        if (const auto lost = dropped->exchange(0); lost > 0) {
            LogLine note{LogLevel::warning, std::to_string(lost) + " log lines were dropped: there were too many"};
            *dropped += channel->send_if_room(note) ? 0 : lost;
        }
        *dropped +=
            channel->send_if_room({level, std::string(line.substr(0, limits::log_line_bytes)), protocol}) ? 0 : 1;
    });
}

}  // namespace postrider::service
