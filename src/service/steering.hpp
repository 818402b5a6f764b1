// What an administrator may ask of a running server: the control socket asks, the supervisor or the joined server does.
#pragma once

#include <string>
#include <vector>

#include "core/task.hpp"
#include "service/messages.hpp"

namespace postrider::service {

/// On the control socket's strand.
class Steering {
public:
    virtual ~Steering() = default;

    virtual Task<std::vector<SessionLine>> who() = 0;
    virtual Task<std::vector<Figure>> stats() = 0;
    /// Ends sessions of an account, or the one with that number, with BYE; gives how many.
    virtual std::size_t kick(const std::string& whom) = 0;
    /// Gives what went wrong; "" when the new settings are in force.
    virtual Task<std::string> reload() = 0;
    /// As SIGTERM does.
    virtual void stop() = 0;
};

}  // namespace postrider::service
