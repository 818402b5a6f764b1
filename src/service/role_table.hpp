// The roles and the rules of what they may say: all that separates one process from another stands in two tables.
// docs/architecture.md, "Roles".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "service/messages.hpp"
#include "service/privilege.hpp"
#include "service/sandbox.hpp"

namespace postrider::service {

// --- Roles: how each process closes its doors ------------------------------------------------------------------------

enum class RootDirectory : std::uint8_t { of_the_system, empty };
enum class Files : std::uint8_t {
    all,         ///< as its user may
    below_mail,  ///< below the roots of its accounts' mail alone
};

struct RoleRow {
    Role role;
    std::string_view name;  ///< its argument to the program
    RootDirectory root = RootDirectory::of_the_system;
    Files files = Files::all;
    std::optional<Profile> calls;  ///< the system calls that are left; none: all
};

const RoleRow& row_of(Role role);
std::string_view name_of(Role role);

/// What must come before the role's first thread: root directory, identity, no new privileges, files. identity: whom it
/// becomes. roots: for Files::below_mail. index_dir: one root more, a folder that the role's user makes where it is
/// missing; where it cannot be had, the role goes without. Throws std::runtime_error; the process must then end.
void close_doors(Role role, const Identity& identity, std::vector<std::string> roots,
                 const std::string& index_dir = {});
/// What must come after its last: system calls. Throws as well.
void close_calls(Role role);

// --- Messages --------------------------------------------------------------------------------------------------------

enum class Carries : std::uint8_t { nothing, a_descriptor, perhaps_one };

/// What becomes of messages that come too fast.
enum class Excess : std::uint8_t { waits, dropped };

/// Who may say what, and when. One row a direction.
struct MessageRule {
    Kind kind;
    Role from;
    Role to;
    std::optional<Stage> stage;  ///< none: at any
    std::size_t most_bytes;      ///< of the encoded message
    Carries carries = Carries::nothing;
    unsigned per_second = 0;  ///< 0: as many as come
    Excess excess = Excess::waits;
};

std::span<const MessageRule> message_rules();
/// Null: this sender may not say this to this receiver now.
const MessageRule* rule_for(Kind kind, Role from, Role to, Stage stage);

}  // namespace postrider::service
