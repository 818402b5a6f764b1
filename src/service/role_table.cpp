#include "service/role_table.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "core/descriptor.hpp"
#include "core/log.hpp"

namespace postrider::service {

namespace {

constexpr RoleRow roles[] = {
    {Role::supervisor, "supervisor"},
    {Role::front, "front", RootDirectory::empty, Files::all, Profile::front},
    {Role::worker, "worker", RootDirectory::of_the_system, Files::below_mail, Profile::worker},
    {Role::control, "control client"},
};

constexpr std::size_t small = 64;
constexpr std::size_t large = limits::role_message_bytes;
constexpr std::size_t most_log_bytes = limits::log_line_bytes + small;
constexpr unsigned most_log_lines = 2'000;
constexpr unsigned most_logins = 20'000;

constexpr auto starting = Stage::starting;
constexpr auto serving = Stage::serving;

// The whole of what one process may say to another.
constexpr MessageRule rules[] = {
    {Kind::listener, Role::supervisor, Role::front, starting, small, Carries::a_descriptor},
    {Kind::settings, Role::supervisor, Role::front, std::nullopt, small, Carries::a_descriptor},
    {Kind::settings, Role::supervisor, Role::worker, std::nullopt, small, Carries::a_descriptor},
    {Kind::ready, Role::front, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, 100},
    {Kind::ready, Role::worker, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, 100},

    {Kind::login, Role::front, Role::supervisor, serving, large, Carries::nothing, most_logins},
    {Kind::login_answer, Role::supervisor, Role::front, serving, 2 * small},
    {Kind::scram_question, Role::front, Role::supervisor, serving, limits::sasl_bytes + 2 * small, Carries::nothing,
     most_logins},
    {Kind::scram_answer, Role::supervisor, Role::front, serving, scram_nonce_bytes + scram_salt_bytes + small},
    {Kind::login_gone, Role::front, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::abandon, Role::front, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::hand_over, Role::front, Role::supervisor, serving, large, Carries::perhaps_one, most_logins},
    {Kind::hand_over_answer, Role::supervisor, Role::front, serving, small, Carries::perhaps_one},
    {Kind::session_alive, Role::supervisor, Role::front, serving, 2 * small},
    {Kind::serve, Role::supervisor, Role::worker, std::nullopt, large, Carries::a_descriptor},
    {Kind::taken, Role::worker, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::session_ended, Role::worker, Role::supervisor, serving, small, Carries::nothing, most_logins},
    {Kind::session_ended, Role::supervisor, Role::front, serving, small},

    {Kind::kick, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::survey, Role::supervisor, Role::front, std::nullopt, small},
    {Kind::survey, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::statuses, Role::worker, Role::supervisor, serving, large, Carries::nothing, 10'000},
    {Kind::figures, Role::front, Role::supervisor, serving, large, Carries::nothing, 100},
    {Kind::finish, Role::supervisor, Role::front, std::nullopt, small},
    {Kind::finish, Role::supervisor, Role::worker, std::nullopt, small},
    {Kind::log, Role::front, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, most_log_lines,
     Excess::dropped},
    {Kind::log, Role::worker, Role::supervisor, std::nullopt, most_log_bytes, Carries::nothing, most_log_lines,
     Excess::dropped},

    {Kind::order, Role::control, Role::supervisor, std::nullopt, account_text_bytes + small},
    {Kind::order_answer, Role::supervisor, Role::control, std::nullopt, large},
};

/// Where memory is short a role is started again more easily than the supervisor, or other services.
void be_first_without_memory() {
    const Descriptor file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    static_cast<void>(!file || ::write(file.get(), "500", 3));
}

/// Where everybody may make folders, one with this name may be somebody else's.
bool make_own_folder(const std::string& path) {
    struct stat status {};
    return (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) && ::lstat(path.c_str(), &status) == 0 &&
           S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

void demand(const Result<void>& done) {
    if (!done) {
        throw std::runtime_error(done.error().detail);
    }
}

void demand(const Result<Sandbox>& done, const std::string& without) {
    if (!done) {
        throw std::runtime_error(done.error().detail);
    }
    if (*done == Sandbox::not_in_this_kernel) {
        log_line(LogLevel::notice, "this kernel has no " + without);
    }
}

}  // namespace

const RoleRow& row_of(Role role) {
    for (const RoleRow& row : roles) {
        if (row.role == role) {
            return row;
        }
    }
    throw std::logic_error("a role without a row");
}

std::string_view name_of(Role role) {
    return row_of(role).name;
}

void close_doors(Role role, const Identity& identity, std::vector<std::string> roots, const std::string& index_dir) {
    const RoleRow& row = row_of(role);
    be_first_without_memory();
#ifndef POSTRIDER_SANITIZED
    // The supervisor's own standard error may be a file of root's. A sanitizer reports there.
    ::dup2(STDIN_FILENO, STDERR_FILENO);
#endif
    if (row.root == RootDirectory::empty) {
        demand(enter_empty_root());
    }
    demand(become(identity));
    demand(forbid_new_privileges());
    if (row.root == RootDirectory::of_the_system && ::chdir("/") != 0) {
        throw std::runtime_error("the root directory cannot be entered");
    }
    if (row.files == Files::below_mail) {
        if (!index_dir.empty() && make_own_folder(index_dir)) {
            roots.push_back(index_dir);
        }
        demand(restrict_files(roots), "Landlock: files of a " + std::string(row.name) + " are not restricted");
    }
}

void close_calls(Role role) {
    const RoleRow& row = row_of(role);
    if (row.calls) {
        demand(restrict_system_calls(*row.calls),
               "seccomp: system calls of a " + std::string(row.name) + " are not restricted");
    }
}

std::span<const MessageRule> message_rules() {
    return rules;
}

const MessageRule* rule_for(Kind kind, Role from, Role to, Stage stage) {
    for (const MessageRule& rule : rules) {
        if (rule.kind == kind && rule.from == from && rule.to == to && rule.stage.value_or(stage) == stage) {
            return &rule;
        }
    }
    return nullptr;
}

}  // namespace postrider::service
