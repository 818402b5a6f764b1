// The figures of a scenario, and the clocks around its measured part.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "load/options.hpp"
#include "load/server_cost.hpp"
#include "load/tally.hpp"

namespace postrider::bench {

/// Of one run.
struct Figures {
    Tally tally;
    double seconds = 0;
    std::optional<double> server_cpu_seconds;  ///< none without --server-pid; the same for memory
    double client_cpu_seconds = 0;
    std::optional<Memory> memory;  ///< at the end of the measured part, its sessions still there
};

/// Between start() and stop() lies what is measured; the server is at rest when its CPU time is read.
class Meter {
public:
    Meter(const ServerProcesses* server, std::chrono::duration<double> settle) : server_(server), settle_(settle) {}

    void start();
    void stop(Figures& figures);

private:
    const ServerProcesses* server_;  ///< null: unknown
    std::chrono::duration<double> settle_;
    std::chrono::steady_clock::time_point begin_;
    std::chrono::nanoseconds server_cpu_{0};
    double client_cpu_ = 0;
};

}  // namespace postrider::bench
