#include "auth/pipe.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/strand.hpp>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <sstream>
#include <thread>

#include "auth/daemon/fake_module.hpp"
#include "auth/temp_folder.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;
using test::TempFolder;

// What it is asked for by PRE says what it does.
constexpr std::string_view program_text = R"(#!/bin/sh
echo $$ >> "$0.started"
account() { printf 'UID=1012\nGID=1013\nHOME=/h\nADDRESS=%s\n.\n' "$1"; }
while read -r verb first second third; do
    case $verb in
    PRE)
        case $third in
        john) account john ;;
        slow) while [ ! -e "$0.go" ]; do sleep 0.01; done; account slow ;;
        exit) exit 0 ;;
        garbage) echo hello ;;
        half) printf 'UID=1012\nGID=1013\n'; exit 0 ;;
        twice) printf 'FAIL\nFAIL\n' ;;
        early) account early; while [ ! -e "$0.go" ]; do sleep 0.01; done; account other; echo > "$0.said" ;;
        hang) exec sleep 1000 ;;
        stubborn) trap '' TERM; while :; do sleep 0.01; done ;;
        descriptors) ls /proc/$$/fd > "$0.descriptors"; account john ;;
        *) echo FAIL ;;
        esac ;;
    AUTH)
        read -r service; read -r type; read -r user; read -r word
        case "$type $user $word" in
        'login john secret') account john ;;
        'cram-md5 PDEuMkBob3N0Pg== '*) account john ;;
        *) echo FAIL ;;
        esac ;;
    PASSWD)
        case "$first $second $third" in
        *secret*new) echo OK ;;
        *) echo FAIL ;;
        esac ;;
    ENUMERATE) printf 'john\t1012\t1013\t/h\t/m\ta=1\nzoe\t1\t2\t/z\t\t\n.\n' ;;
    esac
done
)";

struct Fixture {
    explicit Fixture(std::size_t processes = 1, PipeTimes times = {.farewell = 100ms, .term = 100ms}) {
        ::signal(SIGPIPE, SIG_IGN);
        PipeSettings settings{.name = "authpipe", .program = program, .processes = processes, .times = times};
        pipe = std::make_unique<Pipe>(asio::make_strand(loop), pool, std::move(settings));
    }

    template <class T>
    T run(Task<T> task) {
        return test::run_on(loop, std::move(task));
    }
    Result<std::optional<Record>> find(const std::string& user) { return run(pipe->find({"imap", user, {}, {}})); }
    std::string found(const std::string& user) {
        const auto result = find(user);
        if (!result) {
            return result.error().code == Code::unavailable ? "unavailable" : "wrong code";
        }
        return *result ? (*result)->account.address : "none";
    }
    /// The numbers of the processes that were started so far.
    std::vector<pid_t> started() const {
        std::istringstream in(test::read_file(program + ".started"));
        return {std::istream_iterator<pid_t>(in), {}};
    }

    TempFolder folder;
    std::string program = folder.write("program", program_text, 0700);
    asio::io_context loop;
    asio::thread_pool pool{1};
    std::unique_ptr<Pipe> pipe;
};

bool is_gone(pid_t process) {
    return ::kill(process, 0) != 0 && errno == ESRCH;
}

TEST_CASE("a program answers, request after request") {
    Fixture site;
    CHECK(site.pipe->name() == "authpipe");
    CHECK(site.started().empty());
    CHECK(site.found("john") == "john");
    CHECK(site.found("other") == "none");
    const auto account = site.find("john");
    REQUIRE(account.has_value());
    REQUIRE(account->has_value());
    CHECK((*account)->account.uid == 1012);
    CHECK((*account)->account.gid == 1013);
    CHECK(site.run(site.pipe->log_in({"imap", "john", "192.0.2.1", {}}, "secret")).value().has_value());
    CHECK_FALSE(site.run(site.pipe->log_in({"imap", "john", {}, {}}, "wrong")).value().has_value());
    const CramProof proof{HmacHash::md5, "john", "<1.2@host>", std::string(32, 'a')};
    CHECK(site.run(site.pipe->prove({"imap", "john", {}, {}}, proof)).value().has_value());
    CHECK(site.run(site.pipe->change_password({"imap", "john", {}, {}}, "secret", "new")).value());
    CHECK_FALSE(site.run(site.pipe->change_password({"imap", "john", {}, {}}, "wrong", "other")).value());
    std::string names;
    const auto take = [&names](const Account& one) { names += one.address + ' '; };
    CHECK(site.run(site.pipe->each(take)).value());
    CHECK(names == "john zoe ");
    CHECK(site.started().size() == 1);
}

TEST_CASE("what the protocol cannot say is not asked") {
    Fixture site;
    CHECK(site.found("john\nPRE . imap john") == "none");
    CHECK_FALSE(site.run(site.pipe->log_in({"imap", "john", {}, {}}, "")).value().has_value());
    CHECK(site.started().empty());
}

TEST_CASE("a program that gives no answer is started again") {
    Fixture site;
    CHECK(site.found("john") == "john");
    for (const char* user : {"exit", "garbage", "half", "twice"}) {
        INFO(user);
        const auto before = site.started();
        CHECK(site.found(user) == "unavailable");
        CHECK(is_gone(before.back()));
        CHECK(site.found("john") == "john");
        CHECK(site.started().size() == before.size() + 1);
    }
}

TEST_CASE("what a program says without being asked is no answer to the next request") {
    Fixture site;
    CHECK(site.found("early") == "early");
    site.folder.write("program.go", "");
    while (::access((site.program + ".said").c_str(), F_OK) != 0) {
        std::this_thread::yield();
    }
    CHECK(site.found("john") == "john");
    CHECK(site.started().size() == 2);
}

TEST_CASE("a program that hangs is ended, by SIGTERM or else by SIGKILL") {
    Fixture site(1, {.reply = 200ms, .farewell = 20ms, .term = 100ms});
    for (const char* user : {"hang", "stubborn"}) {
        CHECK(site.found(user) == "unavailable");
        CHECK(is_gone(site.started().back()));
        CHECK(site.found("john") == "john");
    }
    CHECK(site.started().size() == 3);
}

TEST_CASE("a program that died between requests is replaced") {
    Fixture site;
    CHECK(site.found("john") == "john");
    REQUIRE(::kill(site.started().front(), SIGKILL) == 0);
    // Until it is dead: its end of the pipe closes then.
    CHECK(site.found("john") != "none");
    CHECK(site.found("john") == "john");
    CHECK(site.started().size() == 2);
}

/// Asks side by side, and notes who got an answer (+) and who did not (-).
struct Asked {
    explicit Asked(Fixture& s) : site(s) {}
    void ask(const char* user) {
        asio::co_spawn(site.loop, site.pipe->find({"imap", user, {}, {}}),
                       [this, user](const std::exception_ptr&, const Result<std::optional<Record>>& result) {
                           ++done;
                           answers += std::string(user) + (result ? "+ " : "- ");
                       });
    }
    void wait_for(std::size_t wanted) {
        site.loop.restart();
        while (done < wanted) {
            site.loop.run_one();
        }
    }

    Fixture& site;
    std::size_t done = 0;
    std::string answers;
};

TEST_CASE("one request at a time, and the next when it is answered") {
    Fixture site;
    Asked asked(site);
    asked.ask("slow");
    asked.ask("john");
    asked.ask("other");
    site.folder.write("program.go", "");
    asked.wait_for(3);
    CHECK(asked.answers == "slow+ john+ other+ ");
    CHECK(site.started().size() == 1);
}

TEST_CASE("a request waits for its turn, and not for ever") {
    Fixture site(1, {.queue = 100ms});
    Asked asked(site);
    asked.ask("slow");
    asked.ask("john");
    asked.wait_for(1);
    CHECK(asked.answers == "john- ");
    site.folder.write("program.go", "");
    asked.wait_for(2);
    CHECK(asked.answers == "john- slow+ ");
    CHECK(site.found("john") == "john");
}

TEST_CASE("as many processes as the settings say work side by side") {
    Fixture site(2);
    Asked asked(site);
    asked.ask("slow");
    asked.ask("john");
    asked.wait_for(1);
    site.folder.write("program.go", "");
    asked.wait_for(2);
    CHECK(asked.answers == "john+ slow+ ");
    CHECK(site.started().size() == 2);
}

TEST_CASE("the queue has an end") {
    Fixture site;
    Asked asked(site);
    asked.ask("slow");
    for (std::size_t i = 0; i < limits::authpipe_queue + 1; ++i) {
        asked.ask("john");
    }
    asked.wait_for(1);
    CHECK(asked.answers == "john- ");
    site.folder.write("program.go", "");
    asked.wait_for(limits::authpipe_queue + 2);
    CHECK(asked.answers.find('-', 6) == std::string::npos);
}

TEST_CASE("a program gets its standard streams alone") {
    Fixture site;
    CHECK(site.found("descriptors") == "john");
    std::istringstream listed(test::read_file(site.program + ".descriptors"));
    // What the shell itself has open besides is its own script.
    std::vector<int> numbers{std::istream_iterator<int>(listed), {}};
    std::erase_if(numbers, [](int number) { return number >= 10; });
    CHECK(numbers == std::vector<int>{0, 1, 2});
}

TEST_CASE("without a program the module is off") {
    Fixture site;
    REQUIRE(::chmod(site.program.c_str(), 0600) == 0);
    PipeSettings settings{.name = "authcustom", .program = site.program, .times = {}};
    settings.program = site.folder / "nothing";
    Pipe off(asio::make_strand(site.loop), site.pool, settings);
    CHECK(off.name() == "authcustom");
    CHECK_FALSE(site.run(off.find({"imap", "john", {}, {}})).value().has_value());
    CHECK_FALSE(site.run(off.change_password({"imap", "john", {}, {}}, "secret", "new")).value());
    CHECK_FALSE(site.run(off.each([](const Account&) {})).value());
}

TEST_CASE("the end of the module is the end of its processes") {
    Fixture site;
    CHECK(site.found("john") == "john");
    site.pipe.reset();
    site.loop.restart();
    site.loop.run();
    CHECK(is_gone(site.started().front()));
}

}  // namespace
}  // namespace postrider::auth
