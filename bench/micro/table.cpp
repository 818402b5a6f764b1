#include "micro/table.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace postrider::bench {

bool TableReporter::ReportContext(const Context&) {
    std::printf("%-48s %12s %9s %12s %7s\n", "", "ns", "MB/s", "floor, ns", "ratio");
    return true;
}

void TableReporter::ReportRuns(const std::vector<Run>& runs) {
    double best = 0;
    double rate = 0;
    std::string name;
    for (const Run& run : runs) {
        if (run.run_type != Run::RT_Iteration || run.error_occurred) {
            continue;
        }
        name = run.run_name.function_name;
        const double nanoseconds = run.cpu_accumulated_time * 1e9 / static_cast<double>(run.iterations);
        const auto counted = run.counters.find("bytes_per_second");
        if (best == 0 || nanoseconds < best) {
            best = nanoseconds;
            rate = counted == run.counters.end() ? 0 : counted->second.value / 1e6;
        }
    }
    constexpr std::string_view suffix = floor_suffix;
    if (name.ends_with(suffix)) {
        floors_[name.substr(0, name.size() - suffix.size())] = best;
        return;
    }
    if (name.empty()) {
        return;
    }
    std::printf("%-48s %12.1f", name.c_str(), best);
    rate > 0 ? std::printf(" %9.0f", rate) : std::printf(" %9s", "");
    if (const auto floor = floors_.find(name); floor != floors_.end()) {
        std::printf(" %12.1f %7.1f", floor->second, best / floor->second);
    }
    std::printf("\n");
    std::fflush(stdout);
}

}  // namespace postrider::bench
