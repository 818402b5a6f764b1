// How `postrider serve` ends: sysexits(3), so that a service manager knows what a restart can mend.
#pragma once

#include <stdexcept>

namespace postrider::service {

inline constexpr int exit_usage = 64;     ///< EX_USAGE: started in a way that cannot work
inline constexpr int exit_port = 69;      ///< EX_UNAVAILABLE: a port cannot be had
inline constexpr int exit_system = 71;    ///< EX_OSERR: the system refuses what a server needs
inline constexpr int exit_settings = 78;  ///< EX_CONFIG: the settings are wrong; a restart does not help

/// An error that has an exit code of its own.
class StartError : public std::runtime_error {
public:
    StartError(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
    int code() const { return code_; }

private:
    int code_;
};

}  // namespace postrider::service
