#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <cstdlib>
#include <thread>

#include "auth/daemon/fake_module.hpp"
#include "auth/daemon_server.hpp"
#include "auth/password.hpp"
#include "auth/temp_folder.hpp"
#include "cli/run_tool.hpp"
#include "support/catch.hpp"

namespace postrider::cli {
namespace {

using test::Outcome;
using test::run_link;
using test::run_tool;

/// An authdaemon on a thread of its own, and settings that lead to it.
struct Site {
    Site() {
        folder.write("authdaemonrc", "authmodulelist=\"authfake\"\nauthdaemonvar=\"" + folder.path() + "\"\n");
        ::setenv("POSTRIDER_CONFIG_DIR", folder.path().c_str(), 1);
        accounts.add("john@example.com", "secret",
                     {.uid = 1012, .gid = 1013, .home = "/h", .maildir = "/m", .options = "disableshared=1"});
        accounts.add("system", "x", {.uid = 1, .gid = 2, .home = "/s", .system_user = "daemon"});
        REQUIRE(server.open(socket).empty());
        asio::co_spawn(loop, server.run(), [](const std::exception_ptr&) {});
        thread = std::thread([this] { loop.run(); });
    }
    ~Site() {
        asio::post(loop, [this] { server.stop(); });
        thread.join();
        ::unsetenv("POSTRIDER_CONFIG_DIR");
    }

    test::TempFolder folder;
    std::string socket = folder / "socket";
    asio::io_context loop{1};
    test::FakeModule accounts;
    test::ChainOf chain{accounts};
    auth::daemon::Server server{loop.get_executor(), chain.ask()};
    std::thread thread;
};

const std::string usage = "Usage: authtest [-s service] userid [ password [ newpassword ] ]\n";

TEST_CASE("authtest prints an account as Courier's does") {
    Site site;
    CHECK(run_link(sub_authtest, {"john@example.com", "secret"}) ==
          Outcome{0,
                  "Authentication succeeded.\n\n     Authenticated: john@example.com  (uid 1012, gid 1013)\n"
                  "    Home Directory: /h\n           Maildir: /m\n             Quota: (none)\n"
                  "Encrypted Password: (none)\nCleartext Password: secret\n           Options: disableshared=1\n",
                  ""});
    CHECK(run_link(sub_authtest, {"-spop3", "system"}).out.find("system  (system username: daemon)\n") !=
          std::string::npos);
    CHECK(run_link(sub_authtest, {"-s", "imap", "john@example.com", "wrong"}) ==
          Outcome{1, "", "Authentication FAILED: Operation not permitted\n"});
    CHECK(run_link(sub_authtest, {"john@example.com", "secret", "new"}) ==
          Outcome{0, "", "Password change succeeded.\n"});
    CHECK(site.accounts.asked[1].service == "pop3");
    CHECK(site.accounts.asked[2].service == "imap");
    CHECK(site.accounts.asked[0].service == "login");
    CHECK(site.accounts.asked[0].peer == "::1");
    site.accounts.trouble = Error(Code::unavailable, "no database");
    CHECK(run_link(sub_authtest, {"system"}) == Outcome{1, "", "Authentication FAILED: Input/output error\n"});
}

TEST_CASE("authtest takes what its usage says") {
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{}, {"-s"}, {"-s", "imap"}, {"-x", "john"}, {"--", "john"}, {"--json", "john"}}) {
        CHECK(run_link(sub_authtest, wrong) == Outcome{1, "", usage});
    }
    CHECK(run_tool(sub_authtest, {"--help"}).code == 0);
}

TEST_CASE("authtest adds the default domain when there is a password") {
    Site site;
    ::setenv("DEFDOMAIN", "@example.com", 1);
    CHECK(run_link(sub_authtest, {"john", "secret"}).code == 0);
    CHECK(run_link(sub_authtest, {"john"}).code == 1);
    ::unsetenv("DEFDOMAIN");
    CHECK(run_link(sub_authtest, {"john", "secret"}).code == 1);
}

TEST_CASE("authenumerate lists accounts") {
    Site site;
    CHECK(run_link(sub_authenumerate, {}) ==
          Outcome{0, "john@example.com\t1012\t1013\t/h\t/m\nsystem\t1\t2\t/s\t\n", ""});
    CHECK(run_link(sub_authenumerate, {"-s"}) == Outcome{0, "system\t1\t2\t/s\t\n", ""});
    CHECK(run_link(sub_authenumerate, {"-s", "-o"}) == Outcome{0, "system\t1\t2\t/s\t\t\n", ""});
    CHECK(run_tool(sub_authenumerate, {"--json", "-s"}) ==
          Outcome{0,
                  "[\n  {\"name\": \"system\", \"uid\": 1, \"gid\": 2, \"home\": \"/s\", \"maildir\": null, "
                  "\"options\": \"\"}\n]\n",
                  ""});
    for (const char* wrong : {"-x", "more", "-", "-so"}) {
        CHECK(run_link(sub_authenumerate, {wrong}) == Outcome{1, "", "Usage: authenumerate [-s] [-o]\n"});
    }
    site.accounts.trouble = Error(Code::unavailable, "no database");
    CHECK(run_link(sub_authenumerate, {"-s"}) == Outcome{1, "system\t1\t2\t/s\t\n", ""});
}

TEST_CASE("without a daemon they say so in Courier's words") {
    const test::TempFolder folder;
    const std::string nowhere = folder / "socket";
    const std::string error = "ERR: authdaemon: s_connect() failed: No such file or directory\n";
    CHECK(run_tool(sub_authtest, {"--socket", nowhere, "john"}) ==
          Outcome{1, "", error + "Authentication FAILED: Invalid argument\n"});
    CHECK(run_tool(sub_authtest, {"--socket=" + nowhere, "john", "a", "b"}).code == 1);
    CHECK(run_tool(sub_authenumerate, {"--socket", nowhere}) == Outcome{1, "", error});
    CHECK(run_tool(sub_authtest, {"--json", "--socket", nowhere, "john"}) ==
          Outcome{1, "{\"authenticated\": false, \"error\": \"Invalid argument\"}\n", error});
}

TEST_CASE("authinfo says where accounts come from") {
    const test::TempFolder folder;
    const auto told = run_tool(sub_authinfo, {"--config-dir", folder.path()});
    CHECK(told.code == 0);
    CHECK(told.out.find("\nuserdb=" + folder.path() + "/userdb\n") != std::string::npos);
    CHECK(told.out.find("\nsocket=/run/courier/authdaemon/socket\n") != std::string::npos);
    folder.write("authdaemonrc",
                 "authmodulelist=\"authuserdb authpipe\"\nauthdaemonvar=/x\nauthdaemonvar=/elsewhere\n");
    const auto set = run_tool(sub_authinfo, {"--config-dir=" + folder.path(), "--json"});
    CHECK(set.out.find("\"authmodulelist\": \"authuserdb authpipe\"") != std::string::npos);
    CHECK(set.out.find("\"socket\": \"/elsewhere/socket\"}\n") != std::string::npos);
    CHECK(run_link(sub_authinfo, {"more"}) == Outcome{1, "", "Usage: authinfo\n"});
}

TEST_CASE("authpasswd makes Courier's forms") {
    struct Case {
        std::vector<std::string> arguments;
        std::string prefix;
    };
    for (const auto& [arguments, prefix] :
         {Case{{}, "$1$"}, Case{{"md5"}, "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ=="},
          Case{{"MD5raw"}, "{MD5RAW}5ebe2294ecd0e0f08eab7690d2a6ee69"},
          Case{{"sha"}, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}, Case{{"ssha"}, "{SSHA}"}, Case{{"sha256"}, "{SHA256}"},
          Case{{"sha512"}, "{SHA512}"}, Case{{"sha1"}, "{SSHA}"}, Case{{"crypt"}, "{SSHA}"}}) {
        const auto made = run_link(sub_authpasswd, arguments, "secret\n");
        CHECK(made.code == 0);
        CHECK(made.out.starts_with(prefix));
        CHECK(auth::password_matches("secret", made.out.substr(0, made.out.size() - 1)));
    }
    CHECK(run_link(sub_authpasswd, {}, "secret\n").out.find('$', 3) == 8);
    CHECK(run_link(sub_authpasswd, {"md5"}, "") == Outcome{1, "", ""});
    CHECK(run_tool(sub_authpasswd, {"--json", "md5"}, "secret\n") ==
          Outcome{0, "{\"password\": \"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==\"}\n", ""});
}

}  // namespace
}  // namespace postrider::cli
