#include "auth/daemon_module.hpp"

#include <openssl/evp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "auth/crypt.hpp"
#include "auth/daemon/fake_module.hpp"
#include "auth/daemon_server.hpp"
#include "auth/temp_folder.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using test::FakeModule;
using test::TempFolder;

constexpr daemon::ClientTimes short_times{.connect = 200ms, .write = 200ms, .reply = 200ms, .list = 200ms};

/// A daemon that says the same to everybody, whatever is asked. With `stays`, it then keeps the connection open.
struct Parrot {
    explicit Parrot(const std::string& path) : acceptor(loop, asio::local::stream_protocol::endpoint(path)) {}

    Task<void> talk() {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        std::string request(4096, '\0');
        const auto room = asio::buffer(request);
        const auto got = co_await socket.async_read_some(room, asio::use_awaitable);
        heard += request.substr(0, got);
        const auto text = asio::buffer(says);
        co_await asio::async_write(socket, text, asio::use_awaitable);
        if (stays) {
            kept.push_back(std::move(socket));
        }
    }

    /// What a module gives while the parrot talks.
    template <class T>
    T hears(Task<T> task) {
        auto both = [this](Task<T> one) -> Task<T> {
            auto pair = co_await (std::move(one) && talk());
            co_return pair;
        };
        auto work = both(std::move(task));
        return test::run_on(loop, std::move(work));
    }

    asio::io_context loop;
    asio::local::stream_protocol::acceptor acceptor;
    std::string says;
    bool stays = false;
    std::string heard;
    std::vector<asio::local::stream_protocol::socket> kept;
};

struct Fixture {
    TempFolder folder;
    std::string path = folder / "socket";
    asio::thread_pool pool{1};
    Parrot parrot{path};
    DaemonModule module{pool, daemon::Client(path, short_times)};

    std::string found(const std::string& says) {
        parrot.says = says;
        const auto result = parrot.hears(module.find({"imap", "john", {}, {}}));
        if (!result) {
            return result.error().code == Code::unavailable ? "unavailable" : "wrong code";
        }
        return *result ? "account" : "none";
    }
};

const std::string block = "UID=1012\nGID=1013\nHOME=/h\nADDRESS=john\n";

TEST_CASE("a daemon's answers as a module's") {
    Fixture site;
    CHECK(site.found(block + ".\n") == "account");
    CHECK(site.found("FAIL\n") == "none");
    CHECK(site.found("") == "unavailable");
    CHECK(site.found(block) == "unavailable");
    CHECK(site.found("FAIL") == "unavailable");
    CHECK(site.found("hello\n") == "unavailable");
    CHECK(site.found("UID=1012\nGID=1013\nHOME=/h\n.\n") == "unavailable");
    CHECK(site.found("GID=1013\nHOME=/h\nADDRESS=john\n.\n") == "unavailable");
    CHECK(site.found("USERNAME=no-such-user-here\nGID=1013\nHOME=/h\nADDRESS=john\n.\n") == "unavailable");
    site.parrot.stays = true;
    CHECK(site.found(block + ".\n") == "account");
    CHECK(site.found("FAIL\n") == "none");
    CHECK(site.found(block) == "unavailable");
    CHECK(site.found("") == "unavailable");
}

TEST_CASE("an account that the system knows has its uid there") {
    Fixture site;
    const passwd* const daemon_user = ::getpwnam("daemon");
    REQUIRE(daemon_user != nullptr);
    site.parrot.says = "USERNAME=daemon\nUID=7\nGID=1013\nHOME=/h\nADDRESS=john\nPASSWD=$1$x\nNAME=J\n.\n";
    const auto found = site.parrot.hears(site.module.find({"imap", "john", {}, {}}));
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    const Record& record = **found;
    CHECK(record.account.uid == daemon_user->pw_uid);
    CHECK(record.account.gid == 1013);
    CHECK(record.account.system_user == "daemon");
    CHECK(record.account.full_name == "J");
    CHECK(record.stored == "$1$x");
    CHECK_FALSE(record.account.maildir);
}

TEST_CASE("a record keeps the password for challenges, and the hash where the password was typed") {
    Fixture site;
    site.parrot.says = block + "PASSWD=$1$x\nPASSWD2=secret\n.\n";
    const auto stored = [&site](auto task) { return site.parrot.hears(std::move(task)).value()->stored; };
    CHECK(stored(site.module.find({"imap", "john", {}, {}})) == "{PLAIN}secret");
    CHECK(stored(site.module.log_in({"imap", "john", {}, {}}, "secret")) == "$1$x");
    CramProof proof{HmacHash::md5, "john", "<1.2@host>", std::string(32, 'a')};
    CHECK(stored(site.module.prove({"imap", "john", {}, {}}, std::move(proof))) == "{PLAIN}secret");
    site.parrot.says = block + "PASSWD2=secret\n.\n";
    CHECK(stored(site.module.log_in({"imap", "john", {}, {}}, "secret")) == "{PLAIN}secret");
    site.parrot.says = block + "PASSWD2=\n.\n";
    CHECK_FALSE(stored(site.module.find({"imap", "john", {}, {}})).has_value());
}

TEST_CASE("requests carry the client's address") {
    Fixture site;
    site.parrot.says = "FAIL\n";
    (void)site.parrot.hears(site.module.log_in({"imap", "john", "192.0.2.1", {}}, "secret"));
    CHECK(site.parrot.heard == "TCPREMOTEIP=192.0.2.1\nAUTH 23\nimap\nlogin\njohn\nsecret\n");
}

TEST_CASE("a proof goes on under the name with the default domain") {
    Fixture site;
    site.parrot.says = "FAIL\n";
    const CramProof proof{HmacHash::md5, "john", "<1.2@host>", std::string(32, 'a')};
    (void)site.parrot.hears(site.module.prove({"imap", "john@example.com", {}, {}}, proof));
    CHECK(site.parrot.heard.find(base64_encode("john@example.com " + proof.digest)) != std::string::npos);
}

TEST_CASE("who cannot be asked for is not asked for") {
    TempFolder folder;
    asio::io_context loop;
    asio::thread_pool pool{1};
    DaemonModule module{pool, daemon::Client(folder / "socket", short_times)};
    const auto found = test::run_on(loop, module.find({"imap", "a\nb", {}, {}}));
    REQUIRE(found.has_value());
    CHECK_FALSE(found->has_value());
    CHECK(test::run_on(loop, module.change_password({"imap", "a\tb", {}, {}}, "x", "y")).value() == false);
}

TEST_CASE("nobody who listens: unavailable, in Courier's words") {
    TempFolder folder;
    asio::io_context loop;
    asio::thread_pool pool{1};
    const auto refusal_at = [&](const std::string& path) {
        DaemonModule module{pool, daemon::Client(path, short_times)};
        const auto found = test::run_on(loop, module.find({"imap", "john", {}, {}}));
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == Code::unavailable);
        return found.error().detail;
    };
    CHECK(refusal_at(folder / "socket") == "authdaemon: s_connect() failed: No such file or directory");
    CHECK(refusal_at(folder.write("file", "")) == "authdaemon: s_connect() failed: Connection refused");
    CHECK(refusal_at(folder / std::string(200, 'x')) == "authdaemon: s_connect() failed: File name too long");

    // A full queue: the kernel refuses without waiting, and it is tried again until the deadline.
    const std::string path = folder / "full";
    asio::local::stream_protocol::acceptor deaf(loop);
    deaf.open();
    deaf.bind(asio::local::stream_protocol::endpoint(path));
    deaf.listen(0);
    asio::local::stream_protocol::socket first(loop);
    first.connect(asio::local::stream_protocol::endpoint(path));
    CHECK(refusal_at(path) == "authdaemon: s_connect() failed: Connection timed out");
}

TEST_CASE("all that one daemon can do, asked by another") {
    TempFolder folder;
    asio::io_context loop;
    asio::thread_pool pool{1};
    FakeModule accounts;
    accounts.add("john", "secret", {.uid = 1012, .gid = 1013, .home = "/h", .maildir = "", .options = "a=1,b"});
    accounts.known["john"].record.stored = "{PLAIN}secret";
    accounts.add("zoe", "x", {.uid = 1, .gid = 2, .home = "/z"});
    const test::ChainOf chain(accounts);
    daemon::Server server(loop.get_executor(), chain.ask());
    REQUIRE(server.open(folder / "socket").empty());
    auto served = asio::co_spawn(loop, server.run(), asio::use_future);
    DaemonModule module{pool, daemon::Client(folder / "socket")};
    const auto run = [&loop](auto task) { return test::run_on(loop, std::move(task)); };

    const auto found = run(module.find({"imap", "john", {}, {}}));
    REQUIRE(found.has_value());
    REQUIRE(found->has_value());
    CHECK((*found)->stored == "{PLAIN}secret");
    CHECK((*found)->account.maildir == "");
    CHECK((*found)->account.options == "a=1,b");
    CHECK(run(module.log_in({"imap", "john", {}, {}}, "secret")).value().has_value());
    CHECK_FALSE(run(module.log_in({"imap", "john", {}, {}}, "Secret")).value().has_value());

    CramProof proof{HmacHash::md5, "john", "<1.2@host>", std::string(32, 'a')};
    CHECK_FALSE(run(module.prove({"imap", "john", {}, {}}, proof)).value().has_value());
    proof.digest = hex_of(hmac_of(EVP_md5(), "secret", proof.challenge));
    CHECK(run(module.prove({"imap", "john", {}, {}}, proof)).value().has_value());

    CHECK(run(module.change_password({"imap", "john", {}, {}}, "secret", "new")).value());
    CHECK_FALSE(run(module.change_password({"imap", "john", {}, {}}, "secret", "new")).value());

    std::string names;
    const auto take = [&names](const Account& account) { names += account.address + ' ' + account.home + ' '; };
    CHECK(run(module.each(take)).value());
    CHECK(names == "john /h zoe /z ");
    accounts.trouble = Error(Code::unavailable, "no database");
    names.clear();
    CHECK(run(module.each(take)).has_error());
    CHECK(names == "john /h zoe /z ");

    server.stop();
    loop.restart();
    loop.run();
    served.get();
}

TEST_CASE("so many requests are under way at once") {
    Fixture site;
    int refused = 0;
    for (std::size_t i = 0; i < limits::authdaemon_calls + 1; ++i) {
        asio::co_spawn(site.parrot.loop, site.module.find({"imap", "john", {}, {}}),
                       [&refused](const std::exception_ptr&, const Result<std::optional<Record>>& result) {
                           refused += !result && result.error().detail.find("too many") != std::string::npos ? 1 : 0;
                       });
    }
    site.parrot.loop.run();
    CHECK(refused == 1);
}

}  // namespace
}  // namespace postrider::auth
