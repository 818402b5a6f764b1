// Whose the program under test is: it serves as an ordinary user, also when root runs the tests.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace postrider::test {

struct Owner {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// The tests' own user; 20001:20001 when that is root. The numbers need no entry in /etc/passwd.
Owner ordinary_user();

/// Root gives the file, or the folder with all that is in it, to the owner; nothing for others. A file that is gone
/// meanwhile is left out.
void give(const std::filesystem::path& what, const Owner& owner);
Owner owner_of(const std::filesystem::path& file);

/// The path at which ordinary_user() finds the program. Root's checkout may be out of his reach, and so root copies the
/// program, once a run.
std::string within_reach(const std::string& program);

/// Root's process becomes ordinary_user() for good; false: it could not. For a child between fork and exec.
bool become_ordinary();

}  // namespace postrider::test
