// What each profile may ask of the kernel. Names are the kernel's; one that a processor lacks (epoll_wait on arm64) is
// no error. Found with strace on the real program; libc's calls come with the newer version of the two Debians.
#include "service/sandbox_calls.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "service/sandbox.hpp"

namespace postrider::service {

namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

constexpr auto names(auto... name) {
    return Names<sizeof...(name)>{name...};
}

template <std::size_t... N>
constexpr auto joined(const Names<N>&... parts) {
    Names<(N + ...)> all;
    auto end = all.begin();
    ((end = std::ranges::copy(parts, end).out), ...);
    return all;
}

// Of every role: an event loop on descriptors that are there already, memory, locks, and an orderly end.
constexpr auto waiting = names("epoll_ctl", "epoll_pwait", "epoll_wait", "futex", "restart_syscall", "timerfd_settime");
constexpr auto sockets =
    names("getpeername", "getsockopt", "ioctl", "recvfrom", "recvmsg", "sendmsg", "sendto", "setsockopt", "shutdown");
constexpr auto descriptors = names("close", "read", "write");
constexpr auto memory = names("brk", "madvise", "mmap", "mprotect", "munmap");
constexpr auto time_and_chance = names("clock_gettime", "getrandom");  // where libc's own way round the kernel fails
constexpr auto signals_and_ends =
    names("exit", "exit_group", "getpid", "gettid", "rt_sigprocmask", "rt_sigreturn", "tgkill");
constexpr auto thread_starts = names("rseq");  // of a thread that has been made but has not run yet
constexpr auto loop_calls =
    joined(waiting, sockets, descriptors, memory, time_and_chance, signals_and_ends, thread_starts);

constexpr auto front_calls = names("accept", "fcntl");

// The worker's: files below its directories (Landlock says which those are).
constexpr auto reading = names("dup3", "fcntl", "fstat", "getsockname", "fstatfs", "getdents64", "lseek", "newfstatat",
                               "openat", "pread64", "readlinkat", "sendfile", "statfs", "statx");
constexpr auto writing =
    names("fallocate", "fchmod", "fdatasync", "fsync", "ftruncate", "pwrite64", "utimensat", "writev");
constexpr auto renaming = names("linkat", "mkdirat", "renameat", "renameat2", "unlinkat");
constexpr auto watching = names("inotify_add_watch", "inotify_init1", "inotify_rm_watch");
/// Whose is the lock file, does its owner live, wait for him.
constexpr auto locking = names("clock_nanosleep", "flock", "getegid", "geteuid", "kill", "uname");
constexpr auto worker_calls = joined(reading, writing, renaming, watching, locking);

#ifdef POSTRIDER_SANITIZED
constexpr auto for_sanitizers = names("pipe", "pipe2", "sched_getaffinity", "sched_yield", "sigaltstack");
#else
constexpr auto for_sanitizers = names();
#endif

constexpr auto all_front_calls = joined(loop_calls, front_calls, for_sanitizers);
constexpr auto all_worker_calls = joined(loop_calls, worker_calls, for_sanitizers);

constexpr std::uint64_t every_bit = UINT64_MAX;
constexpr std::uint64_t set_id_bits = S_ISUID | S_ISGID;

constexpr Condition conditions[] = {
    {"ioctl", 1, every_bit, FIONBIO},
    // a TCP connection without connect()
    {"sendto", 3, MSG_FASTOPEN, 0},
    {"sendmsg", 2, MSG_FASTOPEN, 0},
    // no memory that can be run
    {"mmap", 2, PROT_EXEC, 0},
    {"mprotect", 2, PROT_EXEC, 0},
    // abort() signals its own thread; a lock's owner is asked for with signal 0
    {"tgkill", 0, every_bit, own_process},
    {"kill", 1, every_bit, 0},
    // no file that lends its user's identity
    {"openat", 3, set_id_bits, 0},
    {"fchmod", 1, set_id_bits, 0},
    // F_SETOWN would send signals
    {"fcntl", 1, every_bit, F_DUPFD_CLOEXEC},
    {"fcntl", 1, every_bit, F_GETFD},
    {"fcntl", 1, every_bit, F_SETFD},
    {"fcntl", 1, every_bit, F_GETFL},
    {"fcntl", 1, every_bit, F_GETLK},
    {"fcntl", 1, every_bit, F_SETLK},
    {"fcntl", 1, every_bit, F_SETLKW},
};

// What an attacker makes and no library behind our back. Not among them, and so EPERM: openat in the front (malloc
// looks into /proc, time zones), socket (syslog reconnects), clone (a library that starts a thread late).
constexpr auto other_programs =
    names("execve", "execveat", "fork", "kcmp", "pidfd_getfd", "pidfd_open", "pidfd_send_signal", "process_madvise",
          "process_vm_readv", "process_vm_writev", "ptrace", "vfork");
constexpr auto network = names("bind", "connect", "listen");
constexpr auto round_the_filter =
    names("add_key", "bpf", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "keyctl",
          "modify_ldt", "perf_event_open", "personality", "request_key", "userfaultfd");
constexpr auto identities = names("capset", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid", "setresgid",
                                  "setresuid", "setreuid", "setuid");
constexpr auto other_views =
    names("chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mknod", "mknodat", "mount", "mount_setattr",
          "move_mount", "open_by_handle_at", "open_tree", "pivot_root", "setns", "umount2", "unshare");
constexpr auto whole_machine = names("acct", "delete_module", "finit_module", "init_module", "kexec_file_load",
                                     "kexec_load", "quotactl", "reboot", "swapoff", "swapon");
constexpr auto attack_calls = joined(other_programs, network, round_the_filter, identities, other_views, whole_machine);

}  // namespace

std::span<const std::string_view> allowed_calls(Profile profile) {
    switch (profile) {
        case Profile::front:
            return all_front_calls;
        case Profile::worker:
            return all_worker_calls;
    }
    return {};
}

std::span<const Condition> call_conditions() {
    return conditions;
}

std::span<const std::string_view> deadly_calls() {
    return attack_calls;
}

std::span<const std::string_view> sanitizer_calls() {
    return for_sanitizers;
}

}  // namespace postrider::service
