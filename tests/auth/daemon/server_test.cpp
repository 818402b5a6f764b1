#include "auth/daemon_server.hpp"

#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cstring>
#include <future>
#include <thread>

#include "auth/crypt.hpp"
#include "auth/daemon/fake_module.hpp"
#include "auth/temp_folder.hpp"
#include "core/descriptor.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth::daemon {
namespace {

using namespace std::chrono_literals;
using test::FakeModule;
using test::TempFolder;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.data(), path.size());
    return at;
}

/// A client's connection that waits.
Descriptor connected(const std::string& path) {
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un at = address_of(path);
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    return socket;
}

std::string rest_of(const Descriptor& socket) {
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(socket.get(), piece, sizeof piece)) > 0;) {
        text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
}

std::string answer(const std::string& path, const std::string& request) {
    const auto socket = connected(path);
    REQUIRE(::write(socket.get(), request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    return rest_of(socket);
}

/// A server on a thread of its own.
struct Site {
    explicit Site(ServerTimes times = {}) : server(asio::make_strand(loop), chain.ask(), times) {
        module.add("john", "secret", {.uid = 1012, .gid = 1013, .home = "/h", .maildir = "/m"});
        module.add("system", "secret", {.uid = 1, .gid = 2, .home = "/h", .system_user = "daemon"});
        REQUIRE(server.open(path).empty());
        ended = asio::co_spawn(loop, server.run(), asio::use_future);
        thread = std::thread([this] { loop.run(); });
    }
    ~Site() { stop(); }

    void stop() {
        if (thread.joinable()) {
            asio::post(loop, [this] { server.stop(); });
            thread.join();
            ended.get();
        }
    }

    TempFolder folder;
    std::string path = folder / "authdaemon/socket";
    asio::io_context loop{1};
    FakeModule module;
    test::ChainOf chain{module};
    Server server;
    std::future<void> ended;
    std::thread thread;
};

TEST_CASE("requests are answered as Courier does, and the connection closed") {
    Site site;
    site.module.known["john"].record.stored = "$1$hash";
    const std::string block = "UID=1012\nGID=1013\nHOME=/h\nADDRESS=john\nMAILDIR=/m\nPASSWD=$1$hash\n";
    CHECK(answer(site.path, "PRE . imap john\n") == block + ".\n");
    CHECK(answer(site.path, "PRE authfake imap john\n") == block + ".\n");
    CHECK(answer(site.path, "PRE authother imap john\n") == "FAIL\n");
    CHECK(answer(site.path, "PRE . imap other\n") == "FAIL\n");
    CHECK(answer(site.path, "AUTH 23\nimap\nlogin\njohn\nsecret\n") == block + "PASSWD2=secret\n.\n");
    CHECK(answer(site.path, "AUTH 22\nimap\nlogin\njohn\nwrong\n") == "FAIL\n");
    CHECK(answer(site.path, "PRE . imap system\n") == "USERNAME=daemon\nGID=2\nHOME=/h\nADDRESS=system\n.\n");
    CHECK(answer(site.path, "PASSWD imap\tjohn\tsecret\tnew\n") == "OK\n");
    CHECK(answer(site.path, "PASSWD imap\tjohn\tsecret\tnew\n") == "FAIL\n");
    CHECK(answer(site.path, "ENUMERATE\n") == "# authfake\n\njohn\t1012\t1013\t/h\t/m\t\nsystem\t1\t2\t/h\t\t\n.\n");
    CHECK(answer(site.path, "PRE . imap john\nPRE . imap system\n") == block + ".\n");
    for (const char* wrong : {"\n", "QUIT\n", "AUTH 8192\n", "AUTH x\n", "PASSWD a\tb\n"}) {
        CHECK(answer(site.path, wrong).empty());
    }
}

TEST_CASE("what the request says reaches the module") {
    Site site;
    answer(site.path, "TCPREMOTEIP=192.0.2.1\nPRE authfake pop3 john\n");
    answer(site.path, "AUTH 23\nimap\nlogin\njohn\nsecret\n");
    site.stop();
    REQUIRE(site.module.asked.size() == 2);
    CHECK(site.module.asked[0].peer == "192.0.2.1");
    CHECK(site.module.asked[0].service == "pop3");
    CHECK(site.module.asked[0].module == "authfake");
    CHECK(site.module.asked[1].module.empty());
}

TEST_CASE("a challenge is answered against the account's secret, or its password in clear") {
    Site site;
    const std::string challenge = "PDEuMkBob3N0Pg==";  // <1.2@host>
    const std::string response = base64_encode("john " + hex_of(hmac_of(EVP_md5(), "secret", "<1.2@host>")));
    const std::string body = "imap\ncram-md5\n" + challenge + "\n" + response + "\n";
    const std::string request = "AUTH " + std::to_string(body.size()) + "\n" + body;
    const std::string account = "UID=1012\nGID=1013\nHOME=/h\nADDRESS=john\nMAILDIR=/m\n";
    CHECK(answer(site.path, request) == "FAIL\n");
    site.module.known["john"].record.stored = "{PLAIN}secret";
    CHECK(answer(site.path, request) == account + "PASSWD2=secret\n.\n");
    site.module.known["john"].record.stored = "{PLAIN}Secret";
    CHECK(answer(site.path, request) == "FAIL\n");
    site.module.known["john"].record.stored.reset();
    site.module.known["john"].record.secrets["hmac-md5pw"] = make_hmac_secret(HmacHash::md5, "secret");
    CHECK(answer(site.path, request) == account + ".\n");
    site.module.known["john"].record.secrets = {{"hmac-sha1pw", make_hmac_secret(HmacHash::sha1, "secret")}};
    CHECK(answer(site.path, request) == "FAIL\n");
}

TEST_CASE("in trouble nothing is said, but to PASSWD, and a list has no end") {
    Site site;
    site.module.trouble = Error(Code::unavailable, "no database");
    CHECK(answer(site.path, "PRE . imap john\n").empty());
    CHECK(answer(site.path, "AUTH 23\nimap\nlogin\njohn\nsecret\n").empty());
    CHECK(answer(site.path, "PASSWD imap\tjohn\tsecret\tnew\n") == "FAIL\n");
    CHECK(answer(site.path, "ENUMERATE\n") == "# authfake\n\njohn\t1012\t1013\t/h\t/m\t\nsystem\t1\t2\t/h\t\t\n");
    site.module.trouble.reset();
    site.module.known["john"].record.account.home = "/h\nUID=0";
    CHECK(answer(site.path, "PRE . imap john\n").empty());
}

TEST_CASE("a request that does not come in time is not waited for") {
    Site site(ServerTimes{.request = 100ms});
    const auto silent = connected(site.path);
    const auto slow = connected(site.path);
    REQUIRE(::write(slow.get(), "PRE . imap jo", 13) == 13);
    CHECK(rest_of(silent).empty());
    CHECK(rest_of(slow).empty());
}

TEST_CASE("an answer that is not taken in time is broken off") {
    Site site(ServerTimes{.answer = 100ms});
    for (int i = 0; i < 4'000; ++i) {
        site.module.add("john" + std::to_string(i), "x", {.uid = 1, .gid = 1, .home = std::string(800, 'h')});
    }
    const auto client = connected(site.path);
    REQUIRE(::write(client.get(), "ENUMERATE\n", 10) == 10);
    pollfd closed{client.get(), 0, 0};
    REQUIRE(::poll(&closed, 1, 60'000) == 1);
    CHECK_FALSE(rest_of(client).ends_with("\n.\n"));
}

TEST_CASE("so many are served at once, and the others in their turn") {
    Site site(ServerTimes{.request = 60s});
    std::vector<Descriptor> silent;
    for (std::size_t i = 0; i < Server::most_clients - 1; ++i) {
        silent.push_back(connected(site.path));
    }
    CHECK(answer(site.path, "PRE . imap other\n") == "FAIL\n");
    silent.push_back(connected(site.path));
    const auto waits = connected(site.path);
    REQUIRE(::write(waits.get(), "PRE . imap other\n", 17) == 17);
    timeval short_time{0, 200'000};
    ::setsockopt(waits.get(), SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof short_time);
    char byte = 0;
    CHECK(::read(waits.get(), &byte, 1) == -1);  // nobody has a turn for it
    silent.pop_back();
    timeval long_time{60, 0};
    ::setsockopt(waits.get(), SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time);
    CHECK(rest_of(waits) == "FAIL\n");
}

TEST_CASE("the socket stands in a folder that keeps strangers out") {
    Site site;
    struct stat folder {};
    struct stat above {};
    struct stat socket {};
    REQUIRE(::stat((site.folder / "authdaemon").c_str(), &folder) == 0);
    REQUIRE(::stat(site.folder.path().c_str(), &above) == 0);
    REQUIRE(::stat(site.path.c_str(), &socket) == 0);
    CHECK((folder.st_mode & 07777) == 0750);
    CHECK(folder.st_gid == above.st_gid);
    CHECK((socket.st_mode & 0777) == 0777);
    CHECK(::access((site.path + ".tmp").c_str(), F_OK) != 0);
    CHECK(::unlink(site.path.c_str()) == 0);
}

TEST_CASE("another daemon's socket is left to it") {
    Site first;
    asio::io_context loop;
    FakeModule module;
    {
        Server second(loop.get_executor(), test::ChainOf(module).ask());
        CHECK(second.open(first.path) == first.path + ": another authdaemond listens there");
    }
    CHECK(answer(first.path, "PRE . imap other\n") == "FAIL\n");

    // And it is not taken away when it came later.
    const TempFolder folder;
    const std::string path = folder / "socket";
    {
        Server replaced(loop.get_executor(), test::ChainOf(module).ask());
        REQUIRE(replaced.open(path).empty());
        REQUIRE(::rename(first.path.c_str(), path.c_str()) == 0);
    }
    CHECK(answer(path, "PRE . imap other\n") == "FAIL\n");
}

TEST_CASE("a socket that nobody listens at is replaced, and removed at the end") {
    const TempFolder folder;
    const std::string path = folder / "socket";
    {
        const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_un at = address_of(path);
        REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    }
    folder.write("socket.tmp", "left behind");
    asio::io_context loop;
    FakeModule module;
    {
        Server server(loop.get_executor(), test::ChainOf(module).ask());
        CHECK(server.open(path).empty());
        CHECK(::access(path.c_str(), F_OK) == 0);
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
    Server nowhere(loop.get_executor(), test::ChainOf(module).ask());
    CHECK_FALSE(nowhere.open(folder / std::string(200, 'x')).empty());
    CHECK_FALSE(nowhere.open("/proc/nothing/socket").empty());
}

TEST_CASE("the stop ends those that wait") {
    Site site(ServerTimes{.request = 60s});
    const auto silent = connected(site.path);
    CHECK(answer(site.path, "PRE . imap other\n") == "FAIL\n");
    const auto before = std::chrono::steady_clock::now();
    site.stop();
    CHECK(std::chrono::steady_clock::now() - before < 30s);
    CHECK(rest_of(silent).empty());
}

}  // namespace
}  // namespace postrider::auth::daemon
