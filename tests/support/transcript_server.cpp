#include "support/transcript_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "auth/password.hpp"
#include "auth/user_database.hpp"
#include "config/config.hpp"
#include "core/descriptor.hpp"
#include "core/log.hpp"
#include "imap/session.hpp"
#include "pop3/session.hpp"
#include "service/gatekeeper.hpp"
#include "support/ordinary_user.hpp"

namespace postrider::test {

namespace {

namespace fs = std::filesystem;
using namespace asio::experimental::awaitable_operators;

/// The account database and an empty set of settings files; gives their folder. owner: the accounts'.
fs::path make_config(const fs::path& home, const Owner& owner) {
    const fs::path folder = home / "config";
    fs::create_directories(folder);
    const std::string hash = auth::make_md5_crypt("secret");
    const std::string fields = "uid=" + std::to_string(owner.uid) + "|gid=" + std::to_string(owner.gid) +
                               "|home=" + home.string() + "|mail=" + (home / "Maildir").string() + "|imappw=" + hash +
                               "|pop3pw=" + hash;
    const fs::path source = folder / "userdb";
    std::ofstream(source) << "demo\t" << fields << "\noff\t" << fields << "|options=disableimap=1,disablepop3=1\n";
    fs::permissions(source, fs::perms::owner_read | fs::perms::owner_write);
    if (const auto failure = auth::compile_userdb(source.string())) {
        throw std::runtime_error("userdb: " + failure->message);
    }
    return folder;
}

std::vector<config::Assignment> assignments(const Transcript& transcript) {
    std::vector<config::Assignment> all = {{"IMAPDSTARTTLS", "NO", "test", 0},
                                           {"IMAPDSSLSTART", "NO", "test", 0},
                                           {"POP3_STARTTLS", "NO", "test", 0},
                                           {"IMAP_MAILBOX_SANITY_CHECK", "0", "test", 0},
                                           {"MAILDIR_FSYNC", "0", "test", 0}};
    for (const auto& [name, value] : transcript.settings) {
        all.push_back({name, value, transcript.file.string(), 0});
    }
    return all;
}

/// Lines from any thread.
class Lines {
public:
    void add(std::string_view line) {
        const std::scoped_lock lock(mutex_);
        text_ += std::string(line) + "\n";
    }
    std::string text() const {
        const std::scoped_lock lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

class SessionServer : public TranscriptServer {
public:
    SessionServer(const Transcript& transcript, const fs::path& home)
        : protocol_(transcript.protocol),
          login_(transcript.login),
          maildir_((home / "Maildir").string()),
          settings_(config::load(make_config(home, owner_of(home)).string(), assignments(transcript)).settings),
          store_(pool_, settings_.store) {
        set_log_sink([log = log_](LogLevel, std::string_view line, Protocol) { log->add(line); });
        fill(imap_, settings_.imap);
        fill(pop3_, settings_.pop3);
        account_.address = "demo";
        account_.home = home.string();
        for (int i = 0; i < 2; ++i) {
            threads_.emplace_back([this] { loop_.run(); });
        }
    }

    /// The clients have closed their ends by now, so every session comes to its end.
    ~SessionServer() override {
        guard_.reset();
        threads_.clear();
        pool_.join();
        set_log_sink({});
    }

    SessionServer(const SessionServer&) = delete;
    SessionServer& operator=(const SessionServer&) = delete;

    int connect() override {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            throw std::runtime_error("socketpair");
        }
        net::Socket socket(asio::make_strand(loop_), net::Socket::protocol_type(AF_UNIX, 0), pair[0]);
        auto strand = socket.get_executor();
        asio::co_spawn(strand, serve(std::move(socket)), [log = log_](const std::exception_ptr& error) {
            if (error) {
                log->add("a session ended by an exception");
            }
        });
        return pair[1];
    }

    std::string login_command() const override { return {}; }
    std::string log() const override { return log_->text(); }

private:
    template <class Environment, class RoomSettings>
    void fill(Environment& environment, const RoomSettings& settings) {
        environment.gate = &gatekeeper_;
        environment.store = &store_;
        environment.settings = std::make_shared<const RoomSettings>(settings);
    }

    Task<void> serve(net::Socket socket) {
        return protocol_ == Protocol::imap ? run<imap::Session>(std::move(socket), imap_)
                                           : run<pop3::Session>(std::move(socket), pop3_);
    }

    template <class Session, class Environment>
    Task<void> run(net::Socket socket, Environment environment) {
        net::Connection connection(std::move(socket));
        Peer peer{asio::ip::make_address("127.0.0.1"), "::ffff:127.0.0.1", 0};
        Environment of_first = environment;
        Session session(connection, std::move(of_first), std::move(peer));
        if (login_) {
            auth::Account account = account_;
            std::string maildir = maildir_;
            co_await (session.run_preauth(std::move(account), std::move(maildir)) || connection.watch());
        } else {
            co_await (log_in_and_go_on(session, connection, std::move(environment)) || connection.watch());
        }
    }

    /// The two halves, as the joined server runs them.
    template <class Session, class Environment>
    Task<void> log_in_and_go_on(Session& session, net::Connection& connection, Environment environment) {
        auto admission = co_await session.run_login();
        if (!admission) {
            co_return;
        }
        auto account = gatekeeper_.redeem(admission->session, admission->protocol);
        Session second(connection, std::move(environment), admission->peer);
        auto arrival = std::make_unique<auth::Arrival>(std::move(account.value()), std::move(*admission));
        co_await second.run_admitted(std::move(arrival));
    }

    Protocol protocol_;
    bool login_;
    std::string maildir_;
    service::Settings settings_;
    std::shared_ptr<Lines> log_ = std::make_shared<Lines>();  ///< owners: this and the log sink
    asio::thread_pool pool_{2};
    store::Store store_;
    service::Gatekeeper gatekeeper_{{pool_, pool_, pool_}, settings_};
    imap::Environment imap_;
    pop3::Environment pop3_;
    auth::Account account_;
    asio::io_context loop_{2};
    asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(loop_);
    std::vector<std::jthread> threads_;
};

Descriptor tcp_socket() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) {
        throw std::runtime_error("socket");
    }
    return socket;
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t free_port() {
    const Descriptor socket = tcp_socket();
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no free port");
    }
    return ntohs(address.sin_port);
}

/// Whether the program runs as root, in several processes, and not as an ordinary user in one.
bool separated() {
    return std::getenv("POSTRIDER_SEPARATED") != nullptr;
}

/// `postrider serve` on a port of its own, as an ordinary user to whom the home belongs; or as root.
class ProgramServer : public TranscriptServer {
public:
    ProgramServer(const std::string& binary, const Transcript& transcript, const fs::path& home)
        : protocol_(transcript.protocol) {
        const std::string folder = make_config(home, ordinary_user()).string();
        give(home, ordinary_user());
        // Somebody else may take the port between the look and the start.
        for (int tries = 0; tries < 3 && !ready_; ++tries) {
            end();
            port_ = free_port();
            start(arguments(separated() ? binary : within_reach(binary), folder, assignments(transcript)));
        }
        if (!ready_) {
            throw std::runtime_error(binary + " does not start:\n" + log());
        }
    }
    ~ProgramServer() override { end(); }
    ProgramServer(const ProgramServer&) = delete;
    ProgramServer& operator=(const ProgramServer&) = delete;

    int connect() override {
        Descriptor socket = tcp_socket();
        const sockaddr_in address = loopback(port_);
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("cannot connect:\n" + log());
        }
        return socket.release();
    }

    std::string login_command() const override {
        return protocol_ == Protocol::imap ? "LOGIN demo secret" : "USER demo\r\nPASS secret";
    }
    std::string log() const override { return lines_.text(); }

private:
    std::vector<std::string> arguments(const std::string& binary, const std::string& folder,
                                       const std::vector<config::Assignment>& settings) const {
        std::vector<std::string> words = {binary, "serve", "--config-dir", folder};
        const auto set = [&words](const std::string& name, const std::string& value) {
            words.insert(words.end(), {"--set", name + "=" + value});
        };
        const bool is_pop3 = protocol_ == Protocol::pop3;
        const std::string file = is_pop3 ? "pop3d/" : "imapd/";
        set("IMAPDSTART", is_pop3 ? "NO" : "YES");
        set("POP3DSTART", is_pop3 ? "YES" : "NO");
        set(file + "ADDRESS", "127.0.0.1");
        set(file + "PORT", std::to_string(port_));
        set("CONTROL_SOCKET", "");
        set("AUTHDAEMON_SOCKET", "none");
        set("FRONT_USER", "nobody");
        for (const auto& setting : settings) {
            set(setting.name, setting.value);
        }
        return words;
    }

    void start(const std::vector<std::string>& words) {
        std::vector<char*> pointers;
        for (const std::string& word : words) {
            pointers.push_back(const_cast<char*>(word.c_str()));
        }
        pointers.push_back(nullptr);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            throw std::runtime_error("pipe");
        }
        Descriptor reading(ends[0]);
        const Descriptor writing(ends[1]);
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(writing.get(), STDERR_FILENO);
            if (separated() || become_ordinary()) {
                ::execv(pointers[0], pointers.data());
            }
            ::_exit(127);
        }
        reader_ = std::jthread([this, fd = reading.release()] { read_log(Descriptor(fd)); });
        std::unique_lock lock(mutex_);
        news_.wait(lock, [this] { return ready_ || ended_; });
    }

    void read_log(const Descriptor& from) {
        std::string text;
        char bytes[4096];
        for (ssize_t n = 0; (n = ::read(from.get(), bytes, sizeof bytes)) > 0;) {
            text.append(bytes, static_cast<std::size_t>(n));
            for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
                const std::string line = text.substr(0, end);
                text.erase(0, end + 1);
                lines_.add(line);
                if (line == "INFO: ready") {
                    tell(ready_);
                }
            }
        }
        tell(ended_);
    }

    void tell(bool& what) {
        const std::scoped_lock lock(mutex_);
        what = true;
        news_.notify_all();
    }

    void end() {
        if (child_ > 0) {
            ::kill(child_, SIGTERM);
            ::waitpid(child_, nullptr, 0);
            child_ = -1;
        }
        if (reader_.joinable()) {
            reader_.join();
        }
        ready_ = ended_ = false;
    }

    Protocol protocol_;
    std::uint16_t port_ = 0;
    pid_t child_ = -1;
    Lines lines_;
    std::mutex mutex_;
    std::condition_variable news_;
    bool ready_ = false;
    bool ended_ = false;
    std::jthread reader_;
};

}  // namespace

std::unique_ptr<TranscriptServer> serve_in_process(const Transcript& transcript, const fs::path& home) {
    return std::make_unique<SessionServer>(transcript, home);
}

std::unique_ptr<TranscriptServer> serve_by_program(const std::string& binary, const Transcript& transcript,
                                                   const fs::path& home) {
    return std::make_unique<ProgramServer>(binary, transcript, home);
}

}  // namespace postrider::test
