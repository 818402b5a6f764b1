// A scenario is one kind of work, a row of the table in scenarios.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "load/figures.hpp"
#include "load/options.hpp"
#include "load/progress.hpp"
#include "load/target.hpp"

namespace postrider::bench {

/// What a run is given.
struct Bench {
    Target& target;
    const ServerProcesses* server;  ///< null: unknown
    Progress& progress;

    const Options& options() const { return target.options(); }
};

/// For which protocols a scenario is.
enum class Speaks : std::uint8_t { imap, pop3, both };

struct Scenario {
    std::string_view name;
    std::string_view summary;  ///< one line
    std::string_view details;  ///< what exactly is measured, for --help; whole sentences
    std::string_view unit;     ///< of "operations" in the figures
    Speaks speaks = Speaks::imap;
    std::vector<OwnOption> own = {};
    std::uint64_t count = 1;  ///< default of --count
    /// One run, with sessions of its own.
    Figures (*run)(Bench& bench);
};

/// In the order of `postrider-bench list`.
std::span<const Scenario* const> scenarios();

extern const Scenario scenario_login;
extern const Scenario scenario_login_storm;
extern const Scenario scenario_idle;
extern const Scenario scenario_select;
extern const Scenario scenario_status;
extern const Scenario scenario_fetch;
extern const Scenario scenario_bodies;
extern const Scenario scenario_append;
extern const Scenario scenario_copy;
extern const Scenario scenario_move;
extern const Scenario scenario_store;
extern const Scenario scenario_expunge;
extern const Scenario scenario_search;
extern const Scenario scenario_sort;
extern const Scenario scenario_thread;
extern const Scenario scenario_fanout;
extern const Scenario scenario_delivery;
extern const Scenario scenario_pop3_list;
extern const Scenario scenario_pop3_retr;
extern const Scenario scenario_mixed;

}  // namespace postrider::bench
