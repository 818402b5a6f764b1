#include "service/privilege.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/descriptor.hpp"
#include "core/text.hpp"

namespace postrider::service {

namespace {

/// What setresuid and setresgid take for "leave it as it is".
constexpr auto no_change = static_cast<std::uint32_t>(-1);
constexpr std::size_t most_record_bytes = 1024 * 1024;

Error refused(const std::string& what, int errno_value) {
    return {Code::not_permitted, what + ": " + std::generic_category().message(errno_value)};
}

/// A record of the user or group database, by name; none: unknown. Its numbers alone may be used: its texts are gone.
template <class Record>
std::optional<Record> record_of(int (*look_up)(const char*, Record*, char*, std::size_t, Record**),
                                const std::string& name) {
    Record record{};
    Record* found = nullptr;
    std::vector<char> texts(1024);
    while (look_up(name.c_str(), &record, texts.data(), texts.size(), &found) == ERANGE &&
           texts.size() < most_record_bytes) {
        texts.resize(texts.size() * 2);
    }
    return found != nullptr ? std::optional(record) : std::nullopt;
}

bool is_ordinary(std::uint32_t id) {
    return id != 0 && id != no_change;
}

/// PR_CAPBSET_READ and its like say -1 behind the last capability that this kernel knows.
bool is_capability(unsigned long number) {
    return ::prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
}

Result<void> empty_bounding_set() {
    for (unsigned long number = 0; is_capability(number); ++number) {
        // One that is not there (a service manager may have taken it) needs no permission to be dropped.
        if (::prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1 && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) {
            return refused("drop capability " + std::to_string(number), errno);
        }
    }
    return {};
}

/// The permitted, effective and inheritable sets; libc has no call for them.
struct CapabilitySets {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3]{};
};

bool has_no_capabilities() {
    CapabilitySets sets;
    if (::syscall(SYS_capget, &sets.header, sets.words) != 0) {
        return false;
    }
    for (const auto& word : sets.words) {
        if (word.permitted != 0 || word.effective != 0 || word.inheritable != 0) {
            return false;
        }
    }
    for (unsigned long number = 0; is_capability(number); ++number) {
        if (::prctl(PR_CAPBSET_READ, number, 0, 0, 0) != 0 ||
            ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) != 0) {
            return false;
        }
    }
    return true;
}

bool is_exactly(const Identity& identity) {
    uid_t uids[3]{};
    gid_t gids[3]{};
    const int count = ::getgroups(0, nullptr);
    if (::getresuid(&uids[0], &uids[1], &uids[2]) != 0 || ::getresgid(&gids[0], &gids[1], &gids[2]) != 0 || count < 0) {
        return false;
    }
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (::getgroups(count, groups.data()) != count) {
        return false;
    }
    return std::ranges::all_of(uids, [&](uid_t uid) { return uid == identity.uid; }) &&
           std::ranges::all_of(gids, [&](gid_t gid) { return gid == identity.gid; }) &&
           std::ranges::is_permutation(groups, identity.groups);
}

/// A call that only a privileged process may make. try_it gives 0 when it went through.
struct WayBack {
    const char* name;
    int (*try_it)();
};

constexpr WayBack ways_back[] = {
    {"setuid", [] { return ::setuid(0); }},
    {"seteuid", [] { return ::seteuid(0); }},
    {"setreuid", [] { return ::setreuid(0, 0); }},
    {"setresuid", [] { return ::setresuid(0, 0, 0); }},
    {"setgid", [] { return ::setgid(0); }},
    {"setegid", [] { return ::setegid(0); }},
    {"setregid", [] { return ::setregid(0, 0); }},
    {"setresgid", [] { return ::setresgid(0, 0, 0); }},
    {"setgroups", [] { return ::setgroups(0, nullptr); }},
};

/// That the process is this identity, has nothing more, and that nothing leads back.
Result<void> prove(const Identity& identity) {
    if (!is_exactly(identity)) {
        return Error(Code::not_permitted, "the ids are not those that were asked for");
    }
    if (!has_no_capabilities()) {
        return Error(Code::not_permitted, "a capability is left");
    }
    for (const WayBack& way : ways_back) {
        if (way.try_it() == 0) {
            return Error(Code::not_permitted, std::string(way.name) + " to root works still");
        }
    }
    return {};
}

/// An open directory that has lost its name: nothing can be made in it, by nobody.
Result<Descriptor> nameless_directory() {
    int error = 0;
    for (const char* parent : {"/run", "/tmp"}) {  // a service manager may have made either read-only
        auto name = std::string(parent) + "/postrider-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) {
            error = errno;
            continue;
        }
        Descriptor directory(::open(name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        error = errno;
        if (::rmdir(name.c_str()) == 0 && directory) {
            return directory;
        }
    }
    return system_error(error, "make an empty root directory");
}

}  // namespace

Result<Identity> identity_of(const std::string& user, const std::string& group) {
    Identity identity;
    if (const auto number = parse_decimal<uid_t>(user)) {
        identity.uid = *number;
        identity.gid = *number;
    } else if (const auto known = record_of(&::getpwnam_r, user)) {
        identity.uid = known->pw_uid;
        identity.gid = known->pw_gid;
    } else {
        return Error(Code::invalid_data, "unknown user " + user);
    }
    if (const auto number = parse_decimal<gid_t>(group)) {
        identity.gid = *number;
    } else if (const auto known = group.empty() ? std::nullopt : record_of(&::getgrnam_r, group)) {
        identity.gid = known->gr_gid;
    } else if (!group.empty()) {
        return Error(Code::invalid_data, "unknown group " + group);
    }
    if (!is_ordinary(identity.uid) || !is_ordinary(identity.gid)) {
        return Error(Code::invalid_data, "user " + user + " group " + group + ": root's, or no number of an id");
    }
    return identity;
}

Result<void> enter_empty_root() {
    const auto directory = nameless_directory();
    if (!directory) {
        return directory.error();
    }
    if (::fchdir(directory->get()) != 0 || ::chroot(".") != 0) {
        return system_error(errno, "enter the empty root directory");
    }
    return {};
}

Result<void> become(const Identity& identity) {
    if (!is_ordinary(identity.uid) || !is_ordinary(identity.gid)) {
        return Error(Code::not_permitted, "become root");
    }
    // First the bounding set: to empty it takes a capability that goes with uid 0.
    if (auto emptied = empty_bounding_set(); !emptied) {
        return emptied;
    }
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0) {
        return refused("setgroups", errno);
    }
    if (::setresgid(identity.gid, identity.gid, identity.gid) != 0) {
        return refused("setresgid", errno);
    }
    if (::setresuid(identity.uid, identity.uid, identity.uid) != 0) {
        return refused("setresuid", errno);
    }
    // The kernel has emptied most of them by now, unless the process was told to keep them (SECBIT_KEEP_CAPS, ambient
    // ones for an exec): from here on it has none in any case. What is not permitted is not ambient either.
    CapabilitySets none;
    if (::syscall(SYS_capset, &none.header, none.words) != 0) {
        return refused("capset", errno);
    }
    return prove(identity);
}

Result<void> forbid_new_privileges() {
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return system_error(errno, "PR_SET_DUMPABLE");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return system_error(errno, "PR_SET_NO_NEW_PRIVS");
    }
    return {};
}

}  // namespace postrider::service
