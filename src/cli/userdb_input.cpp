#include "cli/userdb_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "auth/password.hpp"

namespace postrider::cli {

namespace {

constexpr std::size_t most_password_bytes = 8191;

// The terminal whose echo is off and its own settings, where a signal handler finds them.
int silent_terminal = -1;
termios own_settings{};

void restore_terminal() {
    ::tcsetattr(silent_terminal, TCSANOW, &own_settings);
}

/// A terminal's echo is off from here to the end of the object, also when a signal ends the program (then with a
/// line end and exit code 0, as Courier's does). One at a time.
class EchoOff {
public:
    explicit EchoOff(int fd) {
        silent_terminal = fd;
        changed_ = ::tcgetattr(fd, &own_settings) == 0;
        if (!changed_) {
            return;
        }
        struct sigaction restore_first {};
        restore_first.sa_handler = [](int) {
            restore_terminal();
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, "\n", 1);
            ::_exit(0);
        };
        ::sigaction(SIGINT, &restore_first, &old_interrupt_);
        ::sigaction(SIGHUP, &restore_first, &old_hangup_);
        termios silent = own_settings;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(fd, TCSAFLUSH, &silent);
    }
    EchoOff(const EchoOff&) = delete;
    EchoOff& operator=(const EchoOff&) = delete;
    ~EchoOff() {
        if (changed_) {
            restore_terminal();
            ::sigaction(SIGINT, &old_interrupt_, nullptr);
            ::sigaction(SIGHUP, &old_hangup_, nullptr);
        }
    }

private:
    struct sigaction old_interrupt_ {};
    struct sigaction old_hangup_ {};
    bool changed_ = false;
};

}  // namespace

std::optional<std::string> read_line(int fd, std::size_t most) {
    std::string line;
    line.reserve(std::min(most, most_password_bytes));  // a password leaves no shorter copies behind while it grows
    char c = 0;
    for (bool any = false;; any = true) {
        const ssize_t got = ::read(fd, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return any ? std::optional(std::move(line)) : std::nullopt;
        }
        if (c == '\n') {
            return line;
        }
        if (line.size() < most) {
            line += c;
        }
    }
}

std::optional<std::string> read_password(int fd, std::ostream& prompts) {
    if (::isatty(fd) == 0) {
        return read_line(fd, most_password_bytes);
    }
    const EchoOff silence(fd);
    while (true) {
        prompts << "Password: " << std::flush;
        auto first = read_line(fd, most_password_bytes);
        prompts << "\nReenter password: " << std::flush;
        auto second = first ? read_line(fd, most_password_bytes) : std::nullopt;
        prompts << '\n' << std::flush;
        const bool same = first == second;
        if (second) {
            auth::wipe(*second);
        }
        if (!first || !second || same) {
            return second ? std::move(first) : std::nullopt;
        }
        auth::wipe(*first);
        prompts << "Passwords don't match.\n\n" << std::flush;
    }
}

}  // namespace postrider::cli
