#include "cli/stats_text.hpp"

#include <vector>

#include "support/catch.hpp"

namespace postrider::cli {
namespace {

const std::vector<service::Figure> figures = {
    {"memory_bytes", "process=\"server\"", 123456789},
    {"logins_total", "result=\"accepted\"", 5},
    {"uptime_seconds", "", 18'446'744'073'709'551'615U},
    {"logins_total", "result=\"denied\"", 0},
};

TEST_CASE("stats: a table, in the order of the rows") {
    CHECK(stats_table(figures, 61) ==
          "FIGURE                                          VALUE  MEANIN\n"
          "uptime_seconds                   18446744073709551615  Time s\n"
          "logins_total{result=\"accepted\"}                     5  Logins\n"
          "logins_total{result=\"denied\"}                       0  Logins\n"
          "memory_bytes{process=\"server\"}              123456789  Memory\n");
}

TEST_CASE("stats: JSON") {
    CHECK(stats_json({}) == "[\n]\n");
    CHECK(stats_json(figures) == R"([
 {"name": "uptime_seconds", "labels": {}, "value": 18446744073709551615, "type": "gauge", "unit": "seconds"},
 {"name": "logins_total", "labels": {"result": "accepted"}, "value": 5, "type": "counter", "unit": ""},
 {"name": "logins_total", "labels": {"result": "denied"}, "value": 0, "type": "counter", "unit": ""},
 {"name": "memory_bytes", "labels": {"process": "server"}, "value": 123456789, "type": "gauge", "unit": "bytes"}
]
)");
    const service::Figure unknown[] = {{"news", "", 1}};
    CHECK(stats_json(unknown) ==
          "[\n {\"name\": \"news\", \"labels\": {}, \"value\": 1, \"type\": null, \"unit\": \"\"}\n]\n");
}

TEST_CASE("stats: OpenMetrics. A counter's samples end in _total, its family does not") {
    CHECK(open_metrics({}) == "# EOF\n");
    CHECK(open_metrics(figures) ==
          "# TYPE postrider_uptime_seconds gauge\n"
          "# UNIT postrider_uptime_seconds seconds\n"
          "# HELP postrider_uptime_seconds Time since the server started.\n"
          "postrider_uptime_seconds 18446744073709551615\n"
          "# TYPE postrider_logins counter\n"
          "# HELP postrider_logins Logins; unavailable: a database or a limit kept them from being decided.\n"
          "postrider_logins_total{result=\"accepted\"} 5\n"
          "postrider_logins_total{result=\"denied\"} 0\n"
          "# TYPE postrider_memory_bytes gauge\n"
          "# UNIT postrider_memory_bytes bytes\n"
          "# HELP postrider_memory_bytes Memory of the processes; what they share is divided among them.\n"
          "postrider_memory_bytes{process=\"server\"} 123456789\n"
          "# EOF\n");
}

}  // namespace
}  // namespace postrider::cli
