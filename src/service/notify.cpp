#include "service/notify.hpp"

#include <fcntl.h>
#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace postrider::service {

void notify(Moment moment) {
    using std::chrono::steady_clock;
    switch (moment) {
        case Moment::ready:
            ::sd_notify(0, "READY=1");
            return;
        case Moment::reloading: {
            const auto now =
                std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch()).count();
            ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now)).c_str());
            return;
        }
        case Moment::alive:
            ::sd_notify(0, "WATCHDOG=1");
            return;
    }
}

void notify_stopping(std::chrono::microseconds time) {
    ::sd_notify(0, ("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(time.count())).c_str());
}

void notify_status(const std::string& text) {
    ::sd_notify(0, ("STATUS=" + text).c_str());
}

std::optional<std::chrono::microseconds> watchdog_time() {
    std::uint64_t time = 0;
    return ::sd_watchdog_enabled(0, &time) > 0 ? std::optional(std::chrono::microseconds(time)) : std::nullopt;
}

std::vector<Passed> passed_sockets() {
    std::vector<Passed> passed;
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) {
        passed.push_back(
            {names != nullptr && names[i] != nullptr ? names[i] : "", Descriptor(SD_LISTEN_FDS_START + i)});
        ::fcntl(passed.back().socket.get(), F_SETFD, FD_CLOEXEC);
        std::free(names != nullptr ? names[i] : nullptr);
    }
    std::free(names);
    return passed;
}

}  // namespace postrider::service
