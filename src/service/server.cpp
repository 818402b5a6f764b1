#include "service/server.hpp"

#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <system_error>

#include "service/exit_codes.hpp"
#include "service/joined.hpp"
#include "service/log.hpp"
#include "service/process.hpp"
#include "service/supervisor.hpp"

namespace postrider::service {

int serve(const Settings& settings, const Reload& reload, const std::function<void()>& ready) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);  // ignored, the ends of our processes could not be told
    raise_descriptor_limit();
    try {
        start_log(settings);
        return ::geteuid() == 0 ? serve_separated(settings, reload, ready) : serve_joined(settings, reload, ready);
    } catch (const StartError&) {
        throw;
    } catch (const std::system_error& error) {
        throw StartError(exit_system, error.what());
    } catch (const std::runtime_error& error) {
        throw StartError(exit_settings, error.what());  // certificates, keys, the log's file
    }
}

}  // namespace postrider::service
