// The product, with an attacker in one of its roles: the system test's HOSTILE_SAN_OPTIONS, "ROLE MARKER" or
// "worker uid=NUMBER MARKER", says in which. (Roles are given no variables but those of the sanitizers.)
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "cli/run.hpp"
#include "puppet.hpp"
#include "service/roles.hpp"

namespace {

/// Once for each time that the test makes the file MARKER: a role that is started again is an honest one.
bool is_taken_over(int argc, char** argv) {
    std::string role;
    for (int i = 1; i < argc; ++i) {
        role.append(argv[i]).append(" ");
    }
    const char* orders = std::getenv("HOSTILE_SAN_OPTIONS");
    const std::string wanted = orders != nullptr ? orders : "";
    return wanted.starts_with(role) && ::unlink(wanted.substr(role.size()).c_str()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string role = argc > 1 ? argv[1] : "";
    if ((role == "front" || role == "worker") && is_taken_over(argc, argv)) {
        using namespace postrider;
        return role == "front" ? service::run_front(hostile::play) : service::run_worker(hostile::play);
    }
    return postrider::cli::run(argc, argv);
}
