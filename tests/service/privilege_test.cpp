// Giving up root. Most of it needs root to give up: an ordinary user's run skips that, with a warning.
#include "service/privilege.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "service/in_child.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::Findings;
using test::in_child;

const Identity somebody{.uid = 12345, .gid = 12346, .groups = {12348, 12347}};

bool is_root() {
    if (::geteuid() != 0) {
        WARN("skipped: only root can give up root");
        return false;
    }
    return true;
}

/// A line of /proc/self/status, without its name and blanks.
std::string status_line(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":\t")) {
            return line.substr(name.size() + 2);
        }
    }
    return "none";
}

/// A call as its number and its first argument, 32 bits; none: any.
struct Lie {
    const char* call;
    std::optional<std::uint32_t> argument;
};

/// From now on the call does nothing and says that it worked.
void fake(Findings& findings, const Lie& lie) {
    const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    const scmp_arg_cmp argument{0, SCMP_CMP_MASKED_EQ, UINT32_MAX, lie.argument.value_or(0)};
    findings.expect(0, "fake",
                    ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(0), ::seccomp_syscall_resolve_name(lie.call),
                                             lie.argument ? 1 : 0, &argument));
    findings.expect(0, "load the fake", ::seccomp_load(filter));
    ::seccomp_release(filter);
}

/// Sets that an exec would keep, and the mark that makes the others outlive a change of the uid.
void cling_to_capabilities(Findings& findings) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
    findings.expect(0, "capget", ::syscall(SYS_capget, &header, words));
    for (auto& word : words) {
        word.inheritable = word.permitted;
    }
    findings.expect(0, "capset", ::syscall(SYS_capset, &header, words));
    findings.expect(0, "ambient", ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0));
    findings.expect(0, "keep", ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
}

/// Ids that are not root's, with all that root may do: what becomes of them is no thanks to the kernel's own care.
void be_mighty_without_root(Findings& findings) {
    cling_to_capabilities(findings);
    findings.expect(0, "setresgid", ::setresgid(777, 777, 777));
    findings.expect(0, "setresuid", ::setresuid(777, 777, 777));
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
    findings.expect(0, "capget", ::syscall(SYS_capget, &header, words));
    for (auto& word : words) {
        word.effective = word.permitted;
    }
    findings.expect(0, "capset", ::syscall(SYS_capset, &header, words));
}

TEST_CASE("become: ids, groups and every capability set, whatever the process had") {
    if (!is_root()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              cling_to_capabilities(findings);
              const auto done = become(somebody);
              findings.expect(done.has_value(), done ? "" : done.error().detail);
              for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
                  findings.expect(status_line(set) == "0000000000000000", set + (" " + status_line(set)));
              }
              findings.expect(status_line("Uid") == "12345\t12345\t12345\t12345", "Uid");
              findings.expect(status_line("Gid") == "12346\t12346\t12346\t12346", "Gid");
              findings.expect(status_line("Groups") == "12347 12348 ", "Groups " + status_line("Groups"));
              findings.expect(EPERM, "setuid", ::setuid(0));
              findings.expect(EACCES, "open root's file", ::open("/etc/shadow", O_RDONLY | O_CLOEXEC));
          }) == "");
}

TEST_CASE("become: no groups but those asked for") {
    if (!is_root()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              const gid_t had[] = {4, 12347};
              findings.expect(0, "setgroups", ::setgroups(2, had));
              findings.expect(become({.uid = 12345, .gid = 12346, .groups = {}}).has_value(), "become");
              findings.expect(::getgroups(0, nullptr) == 0, "a group is left");
          }) == "");
}

TEST_CASE("become: what the kernel says is not believed, it is looked at") {
    if (!is_root()) {
        return;
    }
    const auto threads = in_child([](Findings& findings) { findings.expect(status_line("Threads") == "1", "many"); });
    if (!threads.empty()) {
        WARN("skipped: the thread sanitizer has a thread, and libc ends a process whose threads get different answers");
        return;
    }
    CHECK(in_child([](Findings& findings) {
              be_mighty_without_root(findings);
              const auto done = become(somebody);
              findings.expect(done.has_value(), done ? "" : done.error().detail);
          }) == "");
    constexpr std::uint32_t no_change = UINT32_MAX;
    // What becomes somebody, then each way back; seteuid and setegid are libc's setresuid and setresgid.
    const Lie lies[] = {{"prctl", PR_CAPBSET_DROP}, {"setgroups", 2}, {"setresgid", 12346},     {"setresuid", 12345},
                        {"capset", std::nullopt},   {"setuid", 0},    {"setresuid", no_change}, {"setreuid", 0},
                        {"setresuid", 0},           {"setgid", 0},    {"setresgid", no_change}, {"setregid", 0},
                        {"setresgid", 0},           {"setgroups", 0}};
    for (const Lie& lie : lies) {
        CAPTURE(lie.call, lie.argument.value_or(0));
        CHECK(in_child([&lie](Findings& findings) {
                  be_mighty_without_root(findings);
                  fake(findings, lie);
                  const auto done = become(somebody);
                  findings.expect(!done && done.error().code == Code::not_permitted, "become went through");
              }) == "");
    }
}

TEST_CASE("become: a bounding set that cannot be emptied is refused; one that is empty is not") {
    if (!is_root()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              ::prctl(PR_CAPBSET_DROP, CAP_SETPCAP, 0, 0, 0);
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
              const std::uint32_t needed = 1U << CAP_SETUID | 1U << CAP_SETGID;
              words[0].permitted = words[0].effective = needed;
              findings.expect(0, "capset", ::syscall(SYS_capset, &header, words));
              findings.expect(become(somebody).error().code == Code::not_permitted, "become without CAP_SETPCAP");
          }) == "");
    CHECK(in_child([](Findings& findings) {
              for (unsigned long number = 0; ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0; ++number) {
              }
              __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
              __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
              words[0].permitted = words[0].effective = 1U << CAP_SETUID | 1U << CAP_SETGID;
              findings.expect(0, "capset", ::syscall(SYS_capset, &header, words));
              const auto done = become(somebody);
              findings.expect(done.has_value(), done ? "" : done.error().detail);
          }) == "");
}

TEST_CASE("become: nobody becomes root, or stays what he is by a number that means so") {
    const auto no_change = static_cast<uid_t>(-1);
    for (const Identity& identity : {Identity{}, Identity{0, 12346, {}}, Identity{12345, 0, {}},
                                     Identity{no_change, 12346, {}}, Identity{12345, no_change, {}}}) {
        CAPTURE(identity.uid, identity.gid);
        CHECK(in_child([&identity](Findings& findings) {
                  const auto before = status_line("CapBnd");
                  const auto done = become(identity);
                  findings.expect(!done && done.error().code == Code::not_permitted, "become went through");
                  findings.expect(status_line("CapBnd") == before, "it was tried");
              }) == "");
    }
}

TEST_CASE("become: an ordinary user becomes nobody") {
    CHECK(in_child([](Findings& findings) {
              if (::geteuid() == 0) {
                  findings.expect(become(somebody).has_value(), "become");
              }
              const auto done = become({.uid = 12399, .gid = 12399, .groups = {}});
              findings.expect(!done && done.error().code == Code::not_permitted, "become went through");
          }) == "");
}

TEST_CASE("the empty root: nothing is there, nothing can be made, not even by root") {
    if (!is_root()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              const auto done = enter_empty_root();
              findings.expect(done.has_value(), done ? "" : done.error().detail);
              for (const char* name : {"/etc/passwd", "etc/passwd", "../../../etc/passwd", "/proc/self/status"}) {
                  findings.expect(ENOENT, name, ::open(name, O_RDONLY | O_CLOEXEC));
              }
              findings.expect(ENOENT, "make a file", ::open("/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
              findings.expect(ENOENT, "make a directory", ::mkdir("/x", 0700));
              struct stat root {};
              findings.expect(0, "stat", ::stat("/", &root));
              findings.expect(root.st_nlink == 0, "the root has a name");
              findings.expect(become(somebody).has_value(), "become");
              findings.expect(EACCES, "look around", ::chdir("/"));
          }) == "");
}

TEST_CASE("no new privileges, no core files, no tracing") {
    CHECK(in_child([](Findings& findings) {
              findings.expect(forbid_new_privileges().has_value(), "forbid");
              findings.expect(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs");
              findings.expect(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
          }) == "");
}

TEST_CASE("the identity of a system user") {
    const auto daemon = identity_of("daemon", "");
    REQUIRE(daemon.has_value());
    CHECK(daemon->uid == 1);
    CHECK(daemon->gid == 1);
    CHECK(daemon->groups.empty());
    CHECK(identity_of("daemon", "mail")->gid == 8);
    CHECK(identity_of("daemon", "12346")->gid == 12346);
    CHECK(identity_of("12345", "")->uid == 12345);
    CHECK(identity_of("12345", "")->gid == 12345);
    CHECK(identity_of("12345", "mail")->gid == 8);
    CHECK(identity_of("4294967294", "")->uid == 4294967294U);
}

TEST_CASE("no identity: unknown names, root, and numbers out of range") {
    const auto [user, group] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                         {"no such user", ""},
                                                                         {"daemon", "no such group"},
                                                                         {"root", ""},
                                                                         {"0", ""},
                                                                         {"00", ""},
                                                                         {"root", "mail"},
                                                                         {"daemon", "root"},
                                                                         {"daemon", "0"},
                                                                         {"12345", "0"},
                                                                         {"4294967295", ""},
                                                                         {"12345", "4294967295"},
                                                                         {"4294967296", ""},
                                                                         {"4294967297", "mail"},
                                                                         {"-1", ""},
                                                                         {"+1", ""},
                                                                         {" 1", ""}}));
    CAPTURE(user, group);
    const auto identity = identity_of(user, group);
    REQUIRE_FALSE(identity.has_value());
    CHECK((identity.error().code == Code::invalid_data));
}

}  // namespace
}  // namespace postrider::service
