// What the commands for a running server share: who, kick, stats, reload, stop.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cli/subcommand.hpp"
#include "core/result.hpp"
#include "service/control_client.hpp"

namespace postrider::cli {

inline constexpr int exit_not_done = 1;
inline constexpr int exit_no_server = 69;      ///< EX_UNAVAILABLE
inline constexpr int exit_not_permitted = 77;  ///< EX_NOPERM

/// The call of one of them: its options, and the way to the server.
class ControlCall {
public:
    /// description: what --help says of the command.
    ControlCall(const Invocation& invocation, const std::string& description);

    /// For the command's own options, before parse().
    CLI::App& options() { return app_; }
    /// An exit code: there is nothing more to do, since the options are wrong (64) or asked for help.
    std::optional<int> parse();
    bool json() const { return json_; }

    /// Throws service::StartError: the settings do not say where the server is.
    service::ControlClient client() const;
    /// SHUTDOWN_TIME; its default where --socket names the server and no settings can be read.
    std::chrono::seconds shutdown_time() const;

private:
    CLI::App app_;
    std::vector<std::string> arguments_;
    std::string folder_;
    std::string socket_;
    bool json_ = false;
};

/// The answer, or a service::StartError with the exit code for that error.
template <class T>
T taken(Result<T> answer);
[[noreturn]] void end_with(const Error& error);

template <class T>
T taken(Result<T> answer) {
    if (!answer) {
        end_with(answer.error());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*answer);
    }
}

/// Prints an answer on standard output. Gives the exit code: a full disk or a closed pipe is a failure.
int printed(std::string_view text);

}  // namespace postrider::cli
