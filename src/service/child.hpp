// A role's process: how it is started, and how it ended.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/descriptor.hpp"
#include "core/task.hpp"
#include "net/connection.hpp"
#include "service/messages.hpp"

namespace postrider::service {

struct Child {
    pid_t process = -1;
    Descriptor watch;    ///< readable when the process has ended (pidfd_open(2))
    Descriptor channel;  ///< our end of the line
};

/// Starts this program once more as that role, with descriptors 0 and 1 at /dev/null, 2 ours, 3 the line, and no other;
/// with the time zone as its only environment. name: what `ps` shows behind the role.
/// Throws std::system_error.
Child start_role(Role role, const std::string& name);

/// How a process ended.
struct Ended {
    bool crashed = false;  ///< by a signal, or with another code than 0
    std::string text;      ///< for the log: "signal 11 (Segmentation fault)", "exit code 1"
};

void kill(const Child& child);

/// Waits for the end of a process whose line is closed; one that does not end by itself in 8 s is killed. Once.
Task<Ended> end_of(Child& child, net::Strand strand);

}  // namespace postrider::service
