#include "auth/pam/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <vector>

#include "auth/password.hpp"

namespace postrider::auth {

namespace {

/// posix_spawn's two objects.
class Spawning {
public:
    Spawning() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
    }
    ~Spawning() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    /// Nothing to read or write, standard error ours, the line, and no other descriptor. Gives an error number.
    int start(pid_t& process, int line, char* const* environment) {
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, line, pam_child_line);
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, pam_child_line + 1);
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        std::string name = "postrider";
        std::string word = pam_child_word;
        char* const arguments[] = {name.data(), word.data(), nullptr};
        return ::posix_spawn(&process, "/proc/self/exe", &actions_, &attributes_, arguments, environment);
    }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// The time zone, and what steers a sanitizer in a test.
std::vector<char*> environment_of_child() {
    std::vector<char*> kept;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        if (name == "TZ" || name.ends_with("SAN_OPTIONS")) {
            kept.push_back(*entry);
        }
    }
    kept.push_back(nullptr);
    return kept;
}

Error unavailable(std::string detail) {
    return Error(Code::unavailable, "authpam: " + std::move(detail));
}

}  // namespace

Result<void> PamChild::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return unavailable(system_error(errno, "socketpair").detail);
    }
    Descriptor ours(ends[0]);
    const Descriptor theirs(ends[1]);
    pid_t process = -1;
    if (const int error = Spawning().start(process, theirs.get(), environment_of_child().data()); error != 0) {
        return unavailable(system_error(error, "starting a child").detail);
    }
    process_ = process;
    line_ = std::move(ours);
    conversations_ = 0;
    return {};
}

void PamChild::end() {
    if (process_ > 0) {
        ::kill(process_, SIGKILL);  // not reaped yet, so the number is its own
        ::waitpid(process_, nullptr, 0);
    }
    process_ = -1;
    line_ = Descriptor();
}

bool PamChild::send(const std::string& packet) {
    return ::send(line_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
}

Result<PamAnswer> PamChild::receive(std::chrono::steady_clock::time_point deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd wait{line_.get(), POLLIN, 0};
        const int ready = left > 0 ? ::poll(&wait, 1, static_cast<int>(left)) : 0;
        if (ready == 0) {
            return unavailable("no answer in " + std::to_string(settings_.time.count()) + " ms");
        }
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        std::string packet(pam_answer_bytes + 1, '\0');
        const ssize_t size = ::recv(line_.get(), packet.data(), packet.size(), 0);
        if (size <= 0) {
            return unavailable("the child died");
        }
        packet.resize(static_cast<std::size_t>(size));
        const auto answer = decoded_answer(packet);
        return answer ? Result<PamAnswer>(*answer) : unavailable("the child answered nonsense");
    }
}

Result<PamAnswer> PamChild::ask(const PamRequest& request) {
    auto packet = encoded(request);
    if (!packet) {
        return PamAnswer{PamVerdict::refused, "too long, or with a NUL"};
    }
    if (conversations_ >= settings_.conversations) {
        end();  // what PAM's modules leak goes with it
    }
    const auto deadline = std::chrono::steady_clock::now() + settings_.time;
    bool sent = line_ && send(*packet);
    if (!sent) {
        end();
        if (auto started = start(); !started) {
            return started.error();
        }
        sent = send(*packet);
    }
    wipe(*packet);
    ++conversations_;
    auto answer = sent ? receive(deadline) : unavailable("the child died");
    if (!answer) {
        end();
        return answer;
    }
    return answer->verdict == PamVerdict::unavailable ? unavailable(answer->detail) : std::move(answer);
}

}  // namespace postrider::auth
