// restrict_files: Landlock by its three system calls; libc has no functions for them. docs/architecture.md, "Roles".
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "core/descriptor.hpp"
#include "service/landlock_abi.hpp"
#include "service/sandbox.hpp"

namespace postrider::service {

namespace {

/// Version 1 cannot allow a file to move to another directory, and so no delivery from tmp/ to cur/.
constexpr long oldest_version = 2;

/// All that Linux 5.19 can forbid.
constexpr std::uint64_t first_rights = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;

/// What the Maildir engine does: not to run programs, not to make devices, FIFOs and sockets. Symbolic links are
/// among them because RENAME moves a shared folder's; to make one takes a call that the worker does not have.
constexpr std::uint64_t maildir_rights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE | landlock::fs_truncate |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

/// Everything that this version can forbid.
landlock::Ruleset everything(long version) {
    landlock::Ruleset all{.handled_access_fs = first_rights};
    if (version >= 3) {
        all.handled_access_fs |= landlock::fs_truncate;
    }
    if (version >= 4) {
        all.handled_access_net = landlock::net_bind_tcp | landlock::net_connect_tcp;
    }
    if (version >= 5) {
        all.handled_access_fs |= landlock::fs_ioctl_dev;
    }
    if (version >= 6) {
        all.scoped = landlock::scope_abstract_socket | landlock::scope_signal;
    }
    return all;
}

Result<void> allow_below(int ruleset, std::uint64_t rights, const std::string& root) {
    const Descriptor directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        const int error = errno;
        const bool is_missing = error == ENOENT || error == ENOTDIR;
        return is_missing ? Error(Code::no_such_mailbox, "open " + root) : system_error(error, "open " + root);
    }
    const landlock_path_beneath_attr below{.allowed_access = rights, .parent_fd = directory.get()};
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0) {
        return system_error(errno, "landlock_add_rule " + root);
    }
    return {};
}

}  // namespace

Result<Sandbox> restrict_files(std::span<const std::string> roots) {
    // It fails where the kernel has no Landlock, has it switched off, or a sandbox around us keeps it from us.
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < oldest_version) {
        return Sandbox::not_in_this_kernel;
    }
    const auto all = everything(version);
    const Descriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
    if (!ruleset) {
        return system_error(errno, "landlock_create_ruleset");
    }
    for (const std::string& root : roots) {
        if (auto allowed = allow_below(ruleset.get(), maildir_rights & all.handled_access_fs, root); !allowed) {
            return allowed.error();
        }
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
        return system_error(errno, "landlock_restrict_self");
    }
    return Sandbox::on;
}

}  // namespace postrider::service
