#include "service/server.hpp"

#include <unistd.h>

#include <csignal>

#include "service/joined.hpp"
#include "service/log.hpp"
#include "service/process.hpp"
#include "service/supervisor.hpp"

namespace postrider::service {

int serve(const Settings& settings, const Reload& reload, const std::function<void()>& ready) {
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    start_log(settings);
    return ::geteuid() == 0 ? serve_separated(settings, reload, ready) : serve_joined(settings, reload, ready);
}

}  // namespace postrider::service
