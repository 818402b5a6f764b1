// What the server under test uses: CPU time and memory of its processes, from its cgroup or from /proc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bench {

struct Memory {
    std::uint64_t pss_kib = 0;     ///< memory of the processes; what they share with others counts in parts
    std::uint64_t kernel_kib = 0;  ///< see is_kernel_machine_wide
    std::uint64_t processes = 0;
    /// kernel_kib is that of the whole machine (slabs that cannot be reclaimed, stacks, page tables), for servers
    /// without a cgroup of their own: only a growth says something, and what it serves (this program) is in it.
    bool is_kernel_machine_wide = false;
};

/// The cgroup files of a process whose cgroup is not ours. Both versions of cgroups.
struct CgroupFiles {
    std::string cpu_stat;       ///< v2: usage_usec; "" where there is none
    std::string cpuacct_usage;  ///< v1: nanoseconds
    std::string memory_stat;    ///< v2: "kernel" in bytes
    std::string kmem_usage;     ///< v1: bytes
};

/// Reads /proc/PID/cgroup texts.  theirs: of the server.  ours: of this program.  Pure, but for looking whether the
/// files are there.
CgroupFiles find_cgroup_files(std::string_view theirs, std::string_view ours);

class ServerProcesses {
public:
    /// roots: main processes; throws std::runtime_error when one is not there.
    explicit ServerProcesses(std::vector<pid_t> roots);

    /// User and system time since the server began, to the nanosecond; of processes that have ended as their parents
    /// were told it, in clock ticks. Children that nobody waits for are lost unless there is a cgroup.
    std::chrono::nanoseconds cpu() const;
    Memory memory() const;
    /// Waits until the processes have used less than 0.5 ms in `quiet`, 30 s at most.
    void settle(std::chrono::duration<double> quiet) const;

private:
    /// The roots and all below them.
    std::vector<pid_t> alive() const;

    std::vector<pid_t> roots_;
    CgroupFiles cgroup_;
};

}  // namespace postrider::bench
