// Small files of /proc and of cgroups, read whole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bench {

/// "" when it cannot be read: the process has ended.
std::string read_file(const std::string& path);
/// The number behind a line's name: number_of("Pss:   12 kB", "Pss:") is 12. 0 where the line is not there.
std::uint64_t number_of(std::string_view text, std::string_view name);
/// Children of all threads of a process.
std::vector<pid_t> children_of(pid_t process);
/// CPU ticks of a process's children that have ended and were waited for, theirs included. stat: of /proc/PID/stat.
std::uint64_t ticks_of_ended_children(std::string_view stat);

}  // namespace postrider::bench
