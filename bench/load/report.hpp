// The figures as JSON for programs and as a table for people.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>

#include "load/scenario.hpp"

namespace postrider::bench {

/// Everything about the runs; the form is in docs/benchmarks/README.md.
boost::json::object report(const Scenario& scenario, const Target& target, std::span<const Figures> runs);
/// The same for a server that lacks the scenario's command: {"unsupported": reason} beside who was asked.
boost::json::object report_unsupported(const Scenario& scenario, const Target& target, const std::string& reason);

/// One line a run and one of medians. report: as made by report().
std::string table(const boost::json::object& report);

/// Medians of the numbers in objects of one form; what is no number is the first one's. Empty: null.
boost::json::value median_of(std::span<const boost::json::value> values);

/// Writes to the file, or to standard output for "-". Throws std::runtime_error where that fails.
void write_json(const boost::json::object& report, const std::string& file);

}  // namespace postrider::bench
