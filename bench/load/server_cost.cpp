#include "load/server_cost.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "core/text.hpp"
#include "load/proc_files.hpp"

namespace postrider::bench {

namespace {

using std::chrono::nanoseconds;

/// The path of a controller in a /proc/PID/cgroup text; "" for version 2 where there is one tree for all.
std::string_view path_of(std::string_view text, std::string_view controllers) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string_view::npos) {
            continue;
        }
        const std::string_view names = line.substr(first + 1, second - first - 1);
        if (names == controllers || (!controllers.empty() && names.find(controllers) != std::string_view::npos)) {
            return line.substr(second + 1);
        }
    }
    return {};
}

std::string readable(const std::string& path) {
    return ::access(path.c_str(), R_OK) == 0 ? path : "";
}

nanoseconds clock_of(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        return nanoseconds(0);
    }
    return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

std::uint64_t machine_kernel_kib() {
    const std::string text = read_file("/proc/meminfo");
    return number_of(text, "SUnreclaim:") + number_of(text, "KernelStack:") + number_of(text, "PageTables:");
}

}  // namespace

CgroupFiles find_cgroup_files(std::string_view theirs, std::string_view ours) {
    CgroupFiles found;
    const std::string root = "/sys/fs/cgroup";
    const auto own_path = [&](std::string_view controller) {
        const std::string_view path = path_of(theirs, controller);
        return path == path_of(ours, controller) ? std::string() : std::string(path);
    };
    if (const std::string path = own_path(""); !path.empty()) {
        const std::string tree = readable(root + "/cgroup.controllers").empty() ? root + "/unified" : root;
        found.cpu_stat = readable(tree + path + "/cpu.stat");
        found.memory_stat = readable(tree + path + "/memory.stat");
    }
    if (const std::string path = own_path("cpuacct"); !path.empty()) {
        found.cpuacct_usage = readable(root + "/cpuacct" + path + "/cpuacct.usage");
    }
    if (const std::string path = own_path("memory"); !path.empty()) {
        found.kmem_usage = readable(root + "/memory" + path + "/memory.kmem.usage_in_bytes");
    }
    return found;
}

ServerProcesses::ServerProcesses(std::vector<pid_t> roots) : roots_(std::move(roots)) {
    for (const pid_t root : roots_) {
        if (::kill(root, 0) != 0 && errno == ESRCH) {
            throw std::runtime_error("--server-pid " + std::to_string(root) + ": no such process");
        }
    }
    if (!roots_.empty()) {
        cgroup_ = find_cgroup_files(read_file("/proc/" + std::to_string(roots_.front()) + "/cgroup"),
                                    read_file("/proc/self/cgroup"));
    }
}

std::vector<pid_t> ServerProcesses::alive() const {
    std::vector<pid_t> found;
    for (std::vector<pid_t> waiting = roots_; !waiting.empty();) {
        const pid_t process = waiting.back();
        waiting.pop_back();
        if (std::find(found.begin(), found.end(), process) == found.end()) {
            found.push_back(process);
            const std::vector<pid_t> children = children_of(process);
            waiting.insert(waiting.end(), children.begin(), children.end());
        }
    }
    return found;
}

nanoseconds ServerProcesses::cpu() const {
    if (!cgroup_.cpu_stat.empty()) {
        return std::chrono::microseconds(number_of(read_file(cgroup_.cpu_stat), "usage_usec"));
    }
    if (!cgroup_.cpuacct_usage.empty()) {
        return nanoseconds(parse_decimal<std::uint64_t>(trimmed(read_file(cgroup_.cpuacct_usage))).value_or(0));
    }
    nanoseconds total{0};
    const auto tick = nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK);
    for (const pid_t process : alive()) {
        const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
        total += clock_of(process) + tick * static_cast<std::int64_t>(ticks_of_ended_children(stat));
    }
    return total;
}

Memory ServerProcesses::memory() const {
    Memory memory;
    for (const pid_t process : alive()) {
        memory.pss_kib += number_of(read_file("/proc/" + std::to_string(process) + "/smaps_rollup"), "Pss:");
        ++memory.processes;
    }
    if (!cgroup_.memory_stat.empty()) {
        memory.kernel_kib = number_of(read_file(cgroup_.memory_stat), "kernel") / 1024;
    } else if (!cgroup_.kmem_usage.empty()) {
        memory.kernel_kib = parse_decimal<std::uint64_t>(trimmed(read_file(cgroup_.kmem_usage))).value_or(0) / 1024;
    } else {
        memory.kernel_kib = machine_kernel_kib();
        memory.is_kernel_machine_wide = true;
    }
    return memory;
}

void ServerProcesses::settle(std::chrono::duration<double> quiet) const {
    using Clock = std::chrono::steady_clock;
    constexpr auto little = std::chrono::microseconds(500);
    const auto last = Clock::now() + std::chrono::seconds(30);
    nanoseconds used = cpu();
    auto since = Clock::now();
    while (Clock::now() - since < quiet && Clock::now() < last) {
        std::this_thread::sleep_for(std::min(quiet / 4, std::chrono::duration<double>(0.05)));
        if (const nanoseconds now = cpu(); now - used > little) {
            used = now;
            since = Clock::now();
        }
    }
}

}  // namespace postrider::bench
