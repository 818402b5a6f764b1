// What postrider-micro shows on a terminal: one line a case, with its floor.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>

namespace postrider::bench {

/// Ends the name under which a case's floor runs.
inline constexpr const char* floor_suffix = " (floor)";

/// A case's floor is expected before the case. Of repetitions the fastest counts.
class TableReporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context& context) override;
    void ReportRuns(const std::vector<Run>& runs) override;

private:
    std::map<std::string, double> floors_;  ///< nanoseconds, by the name of the case
};

}  // namespace postrider::bench
