// The table of scenarios.
#include <array>

#include "load/scenario.hpp"

namespace postrider::bench {

std::span<const Scenario* const> scenarios() {
    static constexpr std::array table = {
        &scenario_login,    &scenario_idle,   &scenario_select,    &scenario_status,    &scenario_fetch,
        &scenario_bodies,   &scenario_append, &scenario_copy,      &scenario_move,      &scenario_store,
        &scenario_expunge,  &scenario_search, &scenario_sort,      &scenario_thread,    &scenario_fanout,
        &scenario_delivery, &scenario_mixed,  &scenario_pop3_list, &scenario_pop3_retr, &scenario_login_storm,
    };
    return table;
}

}  // namespace postrider::bench
