// `postrider stats`: the figures of a running server. docs/man/postrider-control.8.
#include <vector>

#include "cli/control_call.hpp"
#include "cli/stats_text.hpp"
#include "cli/table.hpp"

namespace postrider::cli {

namespace {

int run(const Invocation& invocation) {
    ControlCall call(invocation, "Shows what the running server has counted.");
    bool openmetrics = false;
    call.options().add_flag("--openmetrics", openmetrics, "print OpenMetrics text")->excludes("--json");
    if (const auto code = call.parse()) {
        return *code;
    }
    const std::vector<service::Figure> figures = taken(call.client().stats());
    return printed(openmetrics   ? open_metrics(figures)
                   : call.json() ? stats_json(figures)
                                 : stats_table(figures, terminal_width()));
}

}  // namespace

const Subcommand sub_stats = {.name = "stats", .summary = "show what the running server has counted", .run = run};

}  // namespace postrider::cli
