// The roles that the supervisor starts: the same program once more, with the role's name as its argument.
#pragma once

#include <functional>

namespace postrider::service {

/// Runs when a role has given up its privileges, before its first client. The program has nothing to do then; a test
/// plays the attacker who has taken the role over. channel: the descriptor of the line to the supervisor.
using AfterDoors = std::function<void(int channel)>;

/// `postrider front` and `postrider worker`. Give the exit code; 64 when no supervisor started the process.
int run_front(const AfterDoors& attack = {});
int run_worker(const AfterDoors& attack = {});

}  // namespace postrider::service
