#include "service/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "service/packet.hpp"
#include "service/role_start.hpp"

namespace postrider::service {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto farewell_time = std::chrono::seconds(8);

/// posix_spawn's two objects.
class Spawning {
public:
    Spawning() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    ~Spawning() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    /// Descriptors: nothing to read or write, the log of last resort, the line, and no other.
    void give(int line) {
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, line, role_channel);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, role_channel + 1);
    }

    pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment) {
        pid_t process = -1;
        const int error = ::posix_spawn(&process, "/proc/self/exe", &actions_, &attributes_, pointers(arguments).data(),
                                        pointers(environment).data());
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "starting a process");
        }
        return process;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> all;
        for (std::string& text : texts) {
            all.push_back(text.data());
        }
        all.push_back(nullptr);
        return all;
    }

    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// What a role needs of ours: the time zone, and what steers a sanitizer or an allocator in a test.
std::vector<std::string> environment_of_role() {
    std::vector<std::string> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        if (name == "TZ" || name.ends_with("SAN_OPTIONS")) {
            kept.emplace_back(text);
        }
    }
    return kept;
}

Ended ended(const siginfo_t& how) {
    if (how.si_code == CLD_EXITED) {
        return {how.si_status != 0, "exit code " + std::to_string(how.si_status)};
    }
    return {true, "signal " + std::to_string(how.si_status) + " (" + ::strsignal(how.si_status) + ")"};
}

}  // namespace

Child start_role(Role role, const std::string& name) {
    auto [ours, theirs] = packet_sockets();
    Spawning spawning;
    spawning.give(theirs.get());
    Child child;
    std::vector<std::string> arguments{"postrider", std::string(name_of(role))};
    if (!name.empty()) {
        arguments.push_back(name);
    }
    child.process = spawning.start(std::move(arguments), environment_of_role());
    child.watch = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.process, O_NONBLOCK)));
    if (!child.watch) {
        const int error = errno;
        ::kill(child.process, SIGKILL);
        ::waitpid(child.process, nullptr, 0);
        throw std::system_error(error, std::generic_category(), "pidfd_open");
    }
    child.channel = std::move(ours);
    return child;
}

namespace {

/// Gives whether it has ended by then.
Task<bool> ends_until(Child& child, net::Strand strand, std::chrono::steady_clock::time_point deadline, Ended& how) {
    asio::posix::basic_stream_descriptor<net::Strand> watch(strand, child.watch.get());
    asio::steady_timer timer(strand, deadline);
    timer.async_wait([&watch](const boost::system::error_code& error) {
        boost::system::error_code ignored;
        if (!error) {
            watch.cancel(ignored);
        }
    });
    bool known = false;
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(child.process), &info, WEXITED | WNOHANG) != 0) {
            how = {true, "nobody knows how"};
            known = true;
        } else if (info.si_pid != 0) {
            how = ended(info);
            known = true;
        }
        if (known || std::chrono::steady_clock::now() >= deadline) {
            break;
        }
        co_await watch.async_wait(asio::posix::descriptor_base::wait_read, as_result);
    }
    watch.release();  // stays the child's
    timer.cancel();
    co_await asio::post(strand, asio::use_awaitable);  // a timer that has run out already still knows `watch`
    co_return known;
}

}  // namespace

void kill(const Child& child) {
    // Not by the number, which may be somebody else's by now.
    ::syscall(SYS_pidfd_send_signal, child.watch.get(), SIGKILL, nullptr, 0);
}

Task<Ended> end_of(Child& child, net::Strand strand) {
    Ended how;
    const bool in_time = co_await ends_until(child, strand, std::chrono::steady_clock::now() + farewell_time, how);
    if (!in_time) {
        kill(child);
        const auto for_ever = std::chrono::steady_clock::time_point::max();
        co_await ends_until(child, strand, for_ever, how);
        how.text += ", since it did not end by itself";
    }
    co_return how;
}

}  // namespace postrider::service
