// What is left of the system calls. Where the kernel can filter them, a filter that is not on is a failure.
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <latch>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "auth/temp_folder.hpp"
#include "service/in_child.hpp"
#include "service/privilege.hpp"
#include "service/sandbox.hpp"
#include "service/sandbox_calls.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using test::ended_by;
using test::Findings;
using test::in_child;

constexpr auto profiles = {Profile::front, Profile::worker};

bool kernel_filters() {
    const auto actions = test::read_file("/proc/sys/kernel/seccomp/actions_avail");
    if (actions.find("kill_process") != std::string::npos) {
        return true;
    }
    WARN("skipped: this kernel has no seccomp");
    return false;
}

void restrict_to(Profile profile, Findings& findings) {
    findings.expect(forbid_new_privileges().has_value(), "forbid_new_privileges");
    const auto done = restrict_system_calls(profile);
    findings.expect(done && *done == Sandbox::on, done ? "the filter is off" : done.error().detail);
}

/// The call's number on this processor; below 0: it has no such call.
int number_of(std::string_view call) {
    return ::seccomp_syscall_resolve_name(std::string(call).c_str());
}

/// Arguments that no call takes: what gets through does as little as can be.
long call_in_vain(long number) {
    return ::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
}

TEST_CASE("the tables: a short one for the front, no call in two of them, no condition on another") {
    // Limit: 35 calls in the program as it is installed.
    CHECK(allowed_calls(Profile::front).size() - sanitizer_calls().size() <= 35);
    const std::set<std::string_view> deadly(deadly_calls().begin(), deadly_calls().end());
    CHECK(deadly.size() == deadly_calls().size());
    for (const char* call :
         {"execve", "execveat", "ptrace", "process_vm_writev", "connect", "io_uring_setup", "bpf", "userfaultfd",
          "mount", "unshare", "setns", "chroot", "setuid", "kexec_load", "init_module", "keyctl", "perf_event_open"}) {
        CAPTURE(call);
        CHECK(deadly.contains(call));
    }
    std::set<std::string_view> all;
    for (const Profile profile : profiles) {
        const std::set<std::string_view> allowed(allowed_calls(profile).begin(), allowed_calls(profile).end());
        CHECK(allowed.size() == allowed_calls(profile).size());
        all.insert(allowed.begin(), allowed.end());
    }
    for (const auto call : all) {
        CAPTURE(std::string(call));
        CHECK_FALSE(deadly.contains(call));
        CHECK(number_of(call) != __NR_SCMP_ERROR);
    }
    for (const Condition& condition : call_conditions()) {
        CAPTURE(std::string(condition.call));
        CHECK(all.contains(condition.call));
    }
}

TEST_CASE("an attacker's calls end the process") {
    if (!kernel_filters()) {
        return;
    }
    for (const Profile profile : profiles) {
        for (const auto call : deadly_calls()) {
            CAPTURE(int(profile), std::string(call));
            if (const int number = number_of(call); number >= 0) {
                CHECK(in_child([&](Findings& findings) {
                          restrict_to(profile, findings);
                          call_in_vain(number);
                      }) == ended_by(SIGSYS));
            }
        }
    }
}

/// uretprobe and uprobe of x86-64: only the kernel's own probes make them, past any filter; others get SIGILL.
bool is_probe(int number) {
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    return number < 0;
#endif
}

TEST_CASE("every other call that is not allowed fails") {
    if (!kernel_filters()) {
        return;
    }
    constexpr int more_than_there_are = 700;
    for (const Profile profile : profiles) {
        std::set<int> named;
        for (const auto& calls : {allowed_calls(profile), deadly_calls()}) {
            std::ranges::transform(calls, std::inserter(named, named.end()), number_of);
        }
        CAPTURE(int(profile));
        CHECK(in_child([&](Findings& findings) {
                  restrict_to(profile, findings);
                  for (int number = 0; number < more_than_there_are; ++number) {
                      if (!named.contains(number) && !is_probe(number)) {
                          findings.expect(EPERM, "call " + std::to_string(number), call_in_vain(number));
                      }
                  }
              }) == "");
    }
}

#ifdef __x86_64__
TEST_CASE("the calls of the other kind of program that an x86 kernel runs end the process") {
    if (!kernel_filters()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              restrict_to(Profile::worker, findings);
              constexpr long x32 = 0x40000000;
              call_in_vain(x32 | SYS_getpid);
          }) == ended_by(SIGSYS));
}
#endif

TEST_CASE("threads that run already are under the filter too, and an attack in one ends all") {
    if (!kernel_filters()) {
        return;
    }
    const auto in_old_thread = [](const std::function<void(Findings&)>& act) {
        return in_child([&act](Findings& findings) {
            std::latch is_on(1);
            std::jthread old([&] {
                is_on.wait();
                act(findings);
            });
            restrict_to(Profile::front, findings);
            is_on.count_down();
        });
    };
    CHECK(in_old_thread([](Findings& findings) {
              findings.expect(EPERM, "open", ::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
          }) == "");
    CHECK(in_old_thread([](Findings&) { ::execl("/bin/true", "true", nullptr); }) == ended_by(SIGSYS));
}

TEST_CASE("allowed calls are allowed for what the roles do with them, and no more") {
    if (!kernel_filters()) {
        return;
    }
    const Profile profile = GENERATE(Profile::front, Profile::worker);
    CAPTURE(int(profile));
    CHECK(in_child([profile](Findings& findings) {
              int pair[2];
              findings.expect(0, "socketpair", ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
              const pid_t parent = ::getppid();
              restrict_to(profile, findings);
              int number = 1;
              findings.expect(0, "FIONBIO", ::ioctl(pair[0], FIONBIO, &number));
              findings.expect(EPERM, "FIONREAD", ::ioctl(pair[0], FIONREAD, &number));
              constexpr std::size_t page = 4096;
              const auto map = [](int protection) {
                  return ::mmap(nullptr, page, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              };
              void* const memory = map(PROT_READ | PROT_WRITE);
              findings.expect(memory != MAP_FAILED, "mmap");
              findings.expect(0, "mprotect", ::mprotect(memory, page, PROT_READ));
              findings.expect(EPERM, "mprotect to run", ::mprotect(memory, page, PROT_READ | PROT_EXEC));
              findings.expect(map(PROT_READ | PROT_EXEC) == MAP_FAILED, "mmap to run");
              findings.expect(0, "tgkill", ::syscall(SYS_tgkill, ::getpid(), ::gettid(), 0));
              findings.expect(EPERM, "tgkill another", ::syscall(SYS_tgkill, parent, parent, 0));
          }) == "");
}

TEST_CASE("a worker's file calls lend nobody its identity, and signal nobody") {
    if (!kernel_filters()) {
        return;
    }
    const test::TempFolder folder;
    const auto path = folder / "file";
    CHECK(in_child([&path](Findings& findings) {
              const pid_t parent = ::getppid();
              restrict_to(Profile::worker, findings);
              const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
              findings.expect(0, "open", file);
              for (const mode_t mode : {04700, 02700}) {
                  findings.expect(EPERM, "make", ::open((path + "2").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode));
                  findings.expect(EPERM, "fchmod", ::fchmod(file, mode));
              }
              findings.expect(0, "fchmod", ::fchmod(file, 0700));
              findings.expect(0, "F_SETFD", ::fcntl(file, F_SETFD, FD_CLOEXEC));
              findings.expect(EPERM, "F_SETOWN", ::fcntl(file, F_SETOWN, parent));
              findings.expect(0, "does he live", ::kill(parent, 0));
              findings.expect(EPERM, "signal", ::kill(parent, SIGCONT));
          }) == "");
}

TEST_CASE("exit() and abort() end a restricted process as they end others") {
    if (!kernel_filters()) {
        return;
    }
    for (const Profile profile : profiles) {
        CHECK(in_child([profile](Findings& findings) {
                  restrict_to(profile, findings);
                  std::exit(EXIT_SUCCESS);
              }) == "");
        CHECK(in_child([profile](Findings& findings) {
                  restrict_to(profile, findings);
                  std::abort();
              }) == ended_by(SIGABRT));
    }
}

TEST_CASE("an event loop with threads works under the front's filter") {
    if (!kernel_filters()) {
        return;
    }
    CHECK(in_child([](Findings& findings) {
              using namespace std::chrono_literals;
              boost::asio::io_context loop;
              boost::asio::steady_timer timer(loop);
              std::latch is_on(1);
              bool is_called = false;
              {
                  std::jthread runner([&] {
                      is_on.wait();
                      loop.run();
                  });
                  restrict_to(Profile::front, findings);
                  timer.expires_after(1ms);
                  timer.async_wait([&](const boost::system::error_code& error) { is_called = !error; });
                  is_on.count_down();
              }
              findings.expect(is_called, "the timer");
              const std::vector<char> large(64U * 1024 * 1024, 'x');
              findings.expect(std::ranges::count(large, 'x') == std::ssize(large), "memory");
          }) == "");
}

}  // namespace
}  // namespace postrider::service
