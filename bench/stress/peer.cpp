#include "stress/peer.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace postrider::bench::stress {

namespace {

class TcpServer : public Peer {
public:
    explicit TcpServer(const StressOptions& options)
        : Peer(Standard::full),
          account_(options.account),
          endpoint_(find_endpoint(options.host, options.port, options.security)),
          tls_(options.security == Security::none ? nullptr : std::make_unique<Tls>(Tls::Resumption::off)) {}

    Task<> open(ImapClient& client) override {
        co_await client.connect(endpoint_, tls_.get());
        const Reply reply = co_await client.log_in(account_.user, account_.password);
        if (!reply.ok()) {
            throw ConnectionError("LOGIN: " + reply.line());
        }
    }

private:
    Account account_;
    Endpoint endpoint_;
    std::unique_ptr<Tls> tls_;
};

/// Starts the command with this socket as its standard streams; it holds no other descriptor of ours.
pid_t start(const std::string& command, const Descriptor& socket) {
    const pid_t child = fork();
    if (child < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (child == 0) {
        dup2(socket.get(), STDIN_FILENO);
        dup2(socket.get(), STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        _exit(127);
    }
    return child;
}

class ForeignServer : public Peer {
public:
    explicit ForeignServer(std::string command) : Peer(Standard::foreign), command_(std::move(command)) {}
    ~ForeignServer() override { wait_for_ended(0); }

    Task<> open(ImapClient& client) override {
        wait_for_ended(WNOHANG);
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        Descriptor ours(pair[0]);
        const Descriptor theirs(pair[1]);
        children_.push_back(start(command_, theirs));
        const Response greeting = co_await client.adopt(std::move(ours));
        if (!greeting.is("PREAUTH")) {
            throw ConnectionError("--foreign must be logged in already: " + greeting.text);
        }
    }

private:
    /// Children end by themselves when their connection does.
    void wait_for_ended(int options) {
        std::erase_if(children_, [options](pid_t child) { return waitpid(child, nullptr, options) != 0; });
    }

    std::string command_;
    std::vector<pid_t> children_;
};

}  // namespace

std::unique_ptr<Peer> server_under_test(const StressOptions& options) {
    return std::make_unique<TcpServer>(options);
}

std::unique_ptr<Peer> foreign_server(const StressOptions& options) {
    return std::make_unique<ForeignServer>(options.foreign);
}

}  // namespace postrider::bench::stress
