// What a role may still ask of the kernel: system calls (seccomp) and files (Landlock).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace postrider::service {

enum class Profile : std::uint8_t { front, worker };

/// The system calls of a profile, by their names.
std::span<const std::string_view> allowed_calls(Profile profile);

enum class Sandbox : std::uint8_t { on, not_in_this_kernel };

/// From now on every thread of the process may make the calls of its profile alone. Others fail with EPERM; those that
/// only an attacker makes (exec, ptrace, io_uring ...) end the process. Needs no_new_privs.
Result<Sandbox> restrict_system_calls(Profile profile);

/// From now on this thread, and those it starts, reach the files below these directories alone, may move files between
/// folders there, make no TCP connection, and signal nobody outside. What the kernel's Landlock is too old for is left
/// out. roots: absolute; one that is missing is an error (no_such_mailbox).
Result<Sandbox> restrict_files(std::span<const std::string> roots);

}  // namespace postrider::service
