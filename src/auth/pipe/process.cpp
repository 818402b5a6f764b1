#include "auth/pipe/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "auth/within.hpp"
#include "core/descriptor.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {

namespace {

constexpr std::array endings{SIGTERM, SIGKILL};

struct Ends {
    Descriptor reading;
    Descriptor writing;
};

Ends new_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

pid_t start(const std::string& program, int input, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    sigset_t none;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes);
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t process = -1;
    std::string name = program;
    char* arguments[] = {name.data(), nullptr};
    const int error = ::posix_spawn(&process, program.c_str(), &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), program);
    }
    return process;
}

}  // namespace

PipeProcess::PipeProcess(const asio::any_io_executor& strand, const std::string& program)
    : input_(strand), output_(strand), watch_(strand) {
    Ends requests = new_pipe();
    Ends answers = new_pipe();
    group_.emplace(start(program, requests.reading.get(), answers.writing.get()));
    Descriptor watch(static_cast<int>(::syscall(SYS_pidfd_open, group_->leader(), 0)));
    if (!watch) {
        throw std::system_error(errno, std::generic_category(), "pidfd_open");
    }
    input_.assign(requests.writing.release());
    output_.assign(answers.reading.release());
    watch_.assign(watch.release());
}

ProcessGroup::~ProcessGroup() {
    signal(SIGKILL);
    ::waitpid(leader_, nullptr, 0);
}

void ProcessGroup::signal(int number) const {
    ::kill(-leader_, number);
}

bool PipeProcess::is_ready() const {
    // A pipe has news when something waits in it, and when the other end is closed.
    pollfd news{const_cast<asio::readable_pipe&>(output_).native_handle(), POLLIN, 0};
    return ::poll(&news, 1, 0) == 0;
}

Task<bool> PipeProcess::ends_within(std::chrono::steady_clock::duration limit) {
    auto ended = watch_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
    const auto in_time = co_await within(limit, std::move(ended));
    co_return in_time.has_value();
}

Task<void> PipeProcess::end(std::chrono::steady_clock::duration farewell, std::chrono::steady_clock::duration term) {
    boost::system::error_code ignored;
    input_.close(ignored);
    output_.close(ignored);
    bool ended = co_await ends_within(farewell);
    for (const int ending : endings) {
        if (!ended) {
            group_->signal(ending);
            ended = co_await ends_within(term);
        }
    }
}

}  // namespace postrider::auth
