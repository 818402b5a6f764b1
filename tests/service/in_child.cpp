#include "service/in_child.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <system_error>

#include "core/descriptor.hpp"

namespace postrider::test {

namespace {

constexpr unsigned patience_seconds = 60;

std::string name_of(int errno_value) {
    return errno_value == 0 ? "success" : std::generic_category().message(errno_value);
}

[[noreturn]] void be_child(const std::function<void(Findings&)>& work, int report) {
    for (const int signal : {SIGABRT, SIGSEGV, SIGTERM, SIGALRM}) {
        std::signal(signal, SIG_DFL);  // Catch's own would tell the tests' story twice
    }
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(patience_seconds);
    Findings findings;
    try {
        work(findings);
    } catch (const std::exception& error) {
        findings.expect(false, std::string("exception: ") + error.what());
    }
    const auto& text = findings.text();
    const bool is_said = ::write(report, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(is_said ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace

void Findings::expect(int errno_wanted, const std::string& what, long result) {
    const int got = result < 0 ? errno : 0;
    if (got != errno_wanted) {
        text_ += what + ": " + name_of(got) + ", not " + name_of(errno_wanted) + "\n";
    }
}

void Findings::expect(bool holds, const std::string& what) {
    if (!holds) {
        text_ += what + "\n";
    }
}

std::string ended_by(int signal) {
    return "signal " + std::to_string(signal);
}

std::string in_child(const std::function<void(Findings&)>& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) {
        throw std::runtime_error("pipe");
    }
    const Descriptor from(pipe[0]);
    Descriptor to(pipe[1]);
    std::fflush(nullptr);  // else a child that exits says again what is said
    const pid_t child = ::fork();
    if (child < 0) {
        throw std::runtime_error("fork");
    }
    if (child == 0) {
        be_child(work, to.get());
    }
    to = Descriptor();
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::read(from.get(), piece.data(), piece.size())) > 0;) {
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) {
        throw std::runtime_error("waitpid");
    }
    if (WIFSIGNALED(status)) {
        return ended_by(WTERMSIG(status));
    }
    return text.empty() && WEXITSTATUS(status) != 0 ? "exit " + std::to_string(WEXITSTATUS(status)) : text;
}

}  // namespace postrider::test
