// vpopmail's accounts, as its files have them. docs/authvchkpw.md.
#include "auth/vpopmail.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <ctime>
#include <future>
#include <latch>
#include <vector>

#include "auth/daemon/fake_module.hpp"
#include "auth/temp_folder.hpp"
#include "auth/vpopmail/lines.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using test::run_on;

constexpr auto crypt_of_secret = "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1";
constexpr auto slow_crypt = "$6$rounds=200000$saltsalt$x";

/// example.com with joe, and its alias; other.org with ann.
struct Site {
    Site() {
        assign(line("example.com", "example.com") + line("alias.net", "example.com") + line("other.org", "other.org"));
        users("example.com",
              user("joe", crypt_of_secret, "0", "Joe,x", "NOQUOTA") + user("max", crypt_of_secret, "10"));
        users("other.org", user("ann", crypt_of_secret, "0", "", "10S,5C"));
    }

    std::string line(const std::string& name, const std::string& real, const std::string& ids = "89:90") const {
        return "+" + name + "-:" + real + ":" + ids + ":" + folder / real + ":-::\n";
    }
    static std::string user(const std::string& name, const std::string& crypt, const std::string& flags,
                            const std::string& gecos = "", const std::string& tail = "NOQUOTA") {
        return name + ":" + crypt + ":1:" + flags + ":" + gecos + ":/v/" + name + ":" + tail + "\n";
    }
    void assign(const std::string& lines) const { folder.write("users/assign", lines + ".\n"); }
    void users(const std::string& domain, const std::string& lines) const { folder.write(domain + "/vpasswd", lines); }

    std::unique_ptr<Module> module() {
        return make_authvchkpw({folder / "home", folder / "users/assign"}, pool, checker);
    }

    Result<std::optional<Record>> found(const std::string& user, const std::string& service = "imap") {
        return run_on(loop, module()->find({.service = service, .user = user}));
    }
    Result<std::optional<Record>> logged_in(const std::string& user, const std::string& password,
                                            const std::string& service = "imap") {
        return run_on(loop, module()->log_in({.service = service, .user = user}, password));
    }
    std::string address(const std::string& user) {
        const auto record = found(user);
        return !record ? record.error().detail : *record ? (*record)->account.address : "none";
    }
    bool lets_in(const std::string& user, const std::string& password, const std::string& service = "imap") {
        return logged_in(user, password, service).value().has_value();
    }
    bool is_unavailable(const std::string& user) {
        const auto record = found(user);
        return !record && record.error().code == Code::unavailable;
    }

    test::TempFolder folder;
    asio::io_context loop;
    asio::thread_pool pool{2};
    ProcessSecret secret;
    PasswordChecker checker{pool, secret, 100, std::chrono::seconds(60)};
};

class Log {
public:
    Log() {
        set_log_sink([this](LogLevel, std::string_view line, Protocol) { lines.emplace_back(line); });
    }
    ~Log() { set_log_sink({}); }
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    std::vector<std::string> lines;
};

TEST_CASE("an account has its domain's ids, and its own home, name and quota") {
    Site site;
    const auto joe = site.found("joe@example.com").value().value();
    CHECK(joe.account.address == "joe@example.com");
    CHECK(joe.account.uid == 89);
    CHECK(joe.account.gid == 90);
    CHECK(joe.account.home == "/v/joe");
    CHECK(joe.account.maildir_path("./Elsewhere") == "/v/joe/Maildir");
    CHECK(joe.account.full_name == "Joe");
    CHECK_FALSE(joe.account.quota.has_value());
    CHECK(joe.stored == crypt_of_secret);
    CHECK(site.found("ann@other.org").value().value().account.quota == "10S,5C");
}

TEST_CASE("names count in lower case, and an alias is its real domain") {
    Site site;
    CHECK(site.address("JOE@Example.COM") == "joe@example.com");
    CHECK(site.address("joe@alias.net") == "joe@example.com");
    CHECK(site.lets_in("Joe@Alias.Net", "secret"));
    for (const std::string nobody : {"ann@example.com", "joe@other.org", "joe@example.co", "joe@nowhere", "joe", "@",
                                     "joe@", "@example.com", "joe@example.com@example.com"}) {
        CAPTURE(nobody);
        CHECK(site.address(nobody) == "none");
    }
}

TEST_CASE("who has no domain is of the default one, where there is one") {
    Site site;
    CHECK(site.address("joe") == "none");
    site.folder.write("home/etc/defaultdomain", "Example.com \n");
    CHECK(site.address("joe") == "joe@example.com");
    CHECK(site.address("joe@other.org") == "none");
    site.folder.write("home/etc/defaultdomain", "\n");
    CHECK(site.address("joe") == "none");
}

TEST_CASE("a password is compared with the crypted one alone") {
    Site site;
    site.users("example.com", Site::user("joe", crypt_of_secret, "0", "", "NOQUOTA:clear") +
                                  Site::user("none", "", "0") + Site::user("off", "*", "0", "", "NOQUOTA:secret"));
    CHECK(site.logged_in("joe@example.com", "secret").value().value().stored == crypt_of_secret);
    for (const std::string wrong : {"clear", "Secret", "", crypt_of_secret}) {
        CHECK_FALSE(site.lets_in("joe@example.com", wrong));
    }
    CHECK_FALSE(site.lets_in("none@example.com", ""));
    CHECK_FALSE(site.lets_in("off@example.com", "secret"));
    CHECK_FALSE(site.lets_in("off@example.com", "*"));
}

TEST_CASE("the password in clear is for challenges, unless the crypted one says that none fits") {
    Site site;
    site.users("example.com", Site::user("joe", crypt_of_secret, "0", "", "NOQUOTA:clear") +
                                  Site::user("two", crypt_of_secret, "0", "", "NOQUOTA:clear:more") +
                                  Site::user("off", "*", "0", "", "NOQUOTA:clear") +
                                  Site::user("out", "!" + std::string(crypt_of_secret), "0", "", "NOQUOTA:clear"));
    CHECK(site.found("joe@example.com").value().value().stored == "{PLAIN}clear");
    CHECK(site.found("two@example.com").value().value().stored == crypt_of_secret);
    CHECK_FALSE(site.found("off@example.com").value().value().stored.has_value());
    CHECK_FALSE(site.found("out@example.com").value().value().stored.has_value());
}

TEST_CASE("a flag shuts a user out of its service") {
    struct Case {
        std::string flags;
        bool imap, pop3, webmail;
    };
    for (const auto& [flags, imap, pop3, webmail] :
         {Case{"0", true, true, true}, Case{"2", true, false, true}, Case{"4", true, true, false},
          Case{"8", false, true, true}, Case{"14", false, false, false}, Case{"4294967281", true, true, true}}) {
        CAPTURE(flags);
        Site site;
        site.users("example.com", Site::user("joe", crypt_of_secret, flags));
        const std::string joe = "joe@example.com";
        CHECK(site.lets_in(joe, "secret", "imap") == imap);
        CHECK(site.lets_in(joe, "secret", "pop3") == pop3);
        CHECK(site.lets_in(joe, "secret", "webmail") == webmail);
        CHECK(site.lets_in(joe, "secret", "other"));
        CHECK(site.found(joe, "imap").value().has_value() == imap);
        CHECK(site.found(joe, "pop3").value().has_value() == pop3);
        CHECK(site.found(joe, "webmail").value().has_value() == webmail);
    }
}

TEST_CASE("flags that are no number let nobody in") {
    Site site;
    for (const std::string flags : {"", "x", "-1", "0x", "4294967296"}) {
        site.users("example.com", Site::user("joe", crypt_of_secret, flags));
        CHECK(site.address("joe@example.com") == "none");
    }
}

TEST_CASE("who is shut out costs the time of a check, and whether the password was right does not show") {
    Site site;
    site.users("example.com", Site::user("slow", slow_crypt, "0") + Site::user("joe", slow_crypt, "8") +
                                  Site::user("max", crypt_of_secret, "8"));
    const auto cost = [&site](const std::string& user, const std::string& password) {
        Query query{.service = "imap", .user = user};
        query.effort = std::make_shared<std::atomic<bool>>(false);
        const auto module = site.module();
        const auto begin = std::clock();
        CHECK_FALSE(run_on(site.loop, module->log_in(query, password)).value().has_value());
        CHECK(*query.effort == user.ends_with("example.com"));
        return static_cast<double>(std::clock() - begin);
    };
    const auto wrong = cost("slow@example.com", "guess");
    CHECK(cost("joe@example.com", "guess") * 5 > wrong);
    CHECK(cost("max@example.com", "secret") * 5 > wrong);
    CHECK(cost("max@example.com", "secret") * 5 > wrong);
    CHECK(cost("max@nowhere", "secret") * 5 < wrong);
    CHECK_FALSE(site.checker.knows({"imap", "max@example.com", crypt_of_secret, "secret"}));
}

TEST_CASE("a name that is a path, or a part of the files' own form, is nobody's") {
    Site site;
    const std::vector<std::string> odd{"../joe", "a/b", "a@b", ".joe", "..", "#joe", "joe:x", "a\tb", "a\x7F", "UPPER"};
    for (const std::string& name : odd) {
        CAPTURE(name);
        site.assign(site.line("example.com", "example.com") + "+" + name +
                    "-:other.org:89:90:" + site.folder / "other.org" + ":-::\n");
        site.users("example.com", Site::user(name, crypt_of_secret, "0"));
        CHECK(site.address(name + "@example.com") == "none");
        CHECK(site.address("ann@" + name) == "none");
        CHECK(site.address(lower(name) + "@example.com") == "none");
        site.assign("+example.com-:" + name + ":89:90:" + site.folder / "other.org" + ":-::\n");
        CHECK(site.address("ann@example.com") == "none");
    }
}

TEST_CASE("lines that describe no account or domain") {
    Site site;
    const std::string good = std::string(crypt_of_secret) + ":1:0:g:/v/joe:NOQUOTA";
    for (const std::string& line : {"joe:" + std::string(crypt_of_secret) + ":1:0:g:/v/joe",
                                    "joe:" + std::string(crypt_of_secret) + ":1:0:g:v/joe:NOQUOTA",
                                    "joe:" + std::string(crypt_of_secret) + ":1:0:g::NOQUOTA", "joe:" + good + "\r",
                                    "joex:" + good, "xjoe:" + good, std::string("joe"), std::string()}) {
        CAPTURE(line);
        site.users("example.com", line + "\n");
        CHECK(site.address("joe@example.com") == "none");
    }
    site.users("example.com", "\n\njoe:" + good);
    CHECK(site.address("joe@example.com") == "joe@example.com");
    const std::string folder = site.folder / "example.com";
    for (const std::string& line :
         {"=example.com-:example.com:89:90:" + folder + ":-::", "+example.com:example.com:89:90:" + folder + ":-::",
          "+example.com-:example.com:89:90:" + folder, std::string("+example.com-:example.com:89:90:example.com:-::"),
          ".\n+example.com-:example.com:89:90:" + folder + ":-::", std::string("+-:"), std::string("+")}) {
        CAPTURE(line);
        site.assign(line + "\n");
        CHECK(site.address("joe@example.com") == "none");
        CHECK(site.address("joe@") == "none");
    }
}

TEST_CASE("a name cannot reach into the next field") {
    Site site;
    site.users("example.com", Site::user("joe", "*", "0"));
    CHECK(site.address("joe@example.com") == "joe@example.com");
    CHECK(site.address("joe:*@example.com") == "none");
    CHECK(site.address("joe@example.com-:example.com") == "none");
}

TEST_CASE("what cannot be looked for is not listed") {
    int domains = 0;
    const auto count = [&domains](const VpopmailDomain&) { ++domains; };
    each_domain("+../x-:example.com:89:90:/d:-::\n+A-:example.com:89:90:/d:-::\n+--:-:89:90:/a\tb:-::\n", count);
    CHECK(domains == 0);
    CHECK_FALSE(find_domain("+a-:a:89:90:/a\tb:-::\n", "a").has_value());
    CHECK(find_domain("+a-:a:89:90:/a b:-::\n", "a").has_value());
}

TEST_CASE("the first line of a name is the one") {
    Site site;
    site.assign(site.line("example.com", "other.org") + site.line("example.com", "example.com"));
    CHECK(site.address("ann@example.com") == "ann@other.org");
    CHECK(site.address("joe@example.com") == "none");
    site.users("other.org", Site::user("ann", "*", "0") + Site::user("ann", crypt_of_secret, "0"));
    CHECK_FALSE(site.lets_in("ann@other.org", "secret"));
}

TEST_CASE("a domain that is root's is refused") {
    Site site;
    for (const std::string ids : {"0:90", "89:0", "x:90", "89:", "-1:90", "89:4294967295", "4294967296:90"}) {
        CAPTURE(ids);
        site.assign(site.line("example.com", "example.com", ids) + site.line("other.org", "other.org"));
        CHECK(site.is_unavailable("joe@example.com"));
        CHECK_FALSE(site.logged_in("joe@example.com", "secret").has_value());
        CHECK(site.address("joe@example.com").find("zero uid or gid not permitted") != std::string::npos);
        CHECK(site.address("ann@other.org") == "ann@other.org");
    }
}

TEST_CASE("a file that is missing, no file, a link, not to be read or too long") {
    Site site;
    const std::string vpasswd = site.folder / "example.com/vpasswd";
    CHECK(::truncate(vpasswd.c_str(), 64 * 1024 * 1024) == 0);
    CHECK(site.address("joe@example.com") == "joe@example.com");
    CHECK(::truncate(vpasswd.c_str(), 64 * 1024 * 1024 + 1) == 0);
    CHECK(site.is_unavailable("joe@example.com"));
    std::filesystem::remove(vpasswd);
    CHECK(site.address("joe@example.com") == "none");
    CHECK(::mkfifo(vpasswd.c_str(), 0600) == 0);
    CHECK(site.is_unavailable("joe@example.com"));
    std::filesystem::remove(vpasswd);
    std::filesystem::create_directory(vpasswd);
    CHECK(site.is_unavailable("joe@example.com"));
    std::filesystem::remove(vpasswd);
    site.folder.write("elsewhere", Site::user("joe", crypt_of_secret, "0"));
    std::filesystem::create_symlink(site.folder / "elsewhere", vpasswd);
    CHECK(site.is_unavailable("joe@example.com"));
    CHECK(site.address("ann@other.org") == "ann@other.org");

    site.folder.write("home/etc/defaultdomain", "other.org" + std::string(1024 * 1024, '\n'));
    CHECK(site.is_unavailable("ann"));
    CHECK(site.address("ann@other.org") == "ann@other.org");

    const auto module = site.module();
    const std::string assign = site.folder / "users/assign";
    CHECK(::truncate(assign.c_str(), 16 * 1024 * 1024) == 0);
    CHECK(site.address("ann@other.org") == "ann@other.org");
    CHECK(::truncate(assign.c_str(), 16 * 1024 * 1024 + 1) == 0);
    CHECK(site.is_unavailable("ann@other.org"));
    std::filesystem::remove(assign);
    const auto gone = run_on(site.loop, module->find({.service = "imap", .user = "ann@other.org"}));
    CHECK((!gone && gone.error().code == Code::unavailable));
}

TEST_CASE("without vpopmail the module has no accounts, and says so once") {
    Site site;
    const Log log;
    for (const bool has_home : {true, false}) {
        const std::string assign = site.folder / (has_home ? "nowhere" : "users/assign");
        const auto module = make_authvchkpw({has_home ? site.folder / "home" : "", assign}, site.pool, site.checker);
        const Query query{.service = "imap", .user = "joe@example.com"};
        CHECK_FALSE(run_on(site.loop, module->find(query)).value().has_value());
        CHECK_FALSE(run_on(site.loop, module->log_in(query, "secret")).value().has_value());
        CHECK_FALSE(run_on(site.loop, module->each([](const Account&) {})).value());
    }
    CHECK(log.lines ==
          std::vector<std::string>{"authvchkpw: disabled: " + site.folder / "nowhere" + ": No such file or directory",
                                   "authvchkpw: disabled: the system has no user vpopmail"});
}

TEST_CASE("all accounts, aliases left out") {
    Site site;
    const Log log;
    const auto all = [&site] {
        std::vector<std::string> names;
        const auto module = site.module();
        const auto done =
            run_on(site.loop, module->each([&names](const Account& one) { names.push_back(one.address); }));
        CHECK((!done || *done));
        return done ? names : std::vector<std::string>{"unavailable"};
    };
    CHECK(all() == std::vector<std::string>{"joe@example.com", "max@example.com", "ann@other.org"});
    site.assign(site.line("other.org", "other.org", "0:90") + site.line("example.com", "example.com") +
                site.line("empty.org", "empty.org"));
    CHECK(log.lines.empty());
    CHECK(all() == std::vector<std::string>{"joe@example.com", "max@example.com"});
    CHECK(log.lines == std::vector<std::string>{
                           "authvchkpw: refuse domain other.org: uid=0, gid=90 (zero uid or gid not permitted)"});
    std::filesystem::create_directories(site.folder / "empty.org/vpasswd");
    CHECK(all() == std::vector<std::string>{"unavailable"});
}

TEST_CASE("passwords are changed by vpopmail's own tools") {
    Site site;
    CHECK_FALSE(
        run_on(site.loop, site.module()->change_password({.user = "joe@example.com"}, "secret", "new")).value());
    CHECK(site.lets_in("joe@example.com", "secret"));
}

TEST_CASE("256 look-ups wait at most") {
    Site site;
    const auto module = site.module();
    std::latch gate(1);
    for (int i = 0; i < 2; ++i) {
        asio::post(site.pool, [&gate] { gate.wait(); });
    }
    std::vector<std::future<Result<std::optional<Record>>>> waiting;
    const auto start = [&] {
        auto task = module->find({.service = "imap", .user = "joe@example.com"});
        waiting.push_back(asio::co_spawn(site.loop, std::move(task), asio::use_future));
        site.loop.restart();
        site.loop.poll();
        return waiting.back().wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    for (std::size_t i = 0; i < limits::source_queue; ++i) {
        CHECK_FALSE(start());
    }
    CHECK(start());
    gate.count_down();
    site.loop.restart();
    site.loop.run();
    CHECK(waiting.back().get().error().detail == "authvchkpw: too many look-ups are waiting");
    CHECK(waiting.front().get().value().has_value());
}

}  // namespace
}  // namespace postrider::auth
