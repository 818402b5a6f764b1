// What the front and the worker have in common: how they begin and how they end. docs/architecture.md, "Roles".
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor.hpp"
#include "service/channel.hpp"

namespace postrider::service {

/// The descriptor on which a role finds the line to its supervisor.
inline constexpr int role_channel = 3;

/// What comes before the doors close: listeners (to a front) and the settings.
struct FirstOrders {
    std::vector<std::pair<NewListener, Descriptor>> listeners;
    std::string settings;  ///< encoded FrontSettings or WorkerSettings
};

/// Whether a supervisor started this process; otherwise says on standard error how to do it right.
bool has_supervisor(Role role);
/// Waits limits::role_start_time for them. Throws std::runtime_error.
FirstOrders first_orders(int channel, Role role);
/// The settings that came with a message of this kind; none: they are wrong.
std::optional<std::string> settings_in(const Packet& packet);

/// Tells the supervisor why a role cannot begin, also when the channel's own end is closed already.
class LastWords {
public:
    LastWords();
    void say(const std::string& trouble);
    /// The role has begun: there will be none.
    void keep() { line_ = Descriptor(); }

private:
    Descriptor line_;
};

/// Signals of a terminal or of `kill` are for the supervisor, whose end ends the role.
void leave_signals_to_supervisor();
/// Lines go to the supervisor, debug lines only when they are wanted; of those that find no room the number goes later.
void log_to(const std::shared_ptr<Channel>& channel);
/// Whether debug lines are wanted. Any thread.
void log_debug(bool wanted);

}  // namespace postrider::service
