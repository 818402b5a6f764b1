#include "store/maildir/dot_lock.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <thread>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr const char* lock_file = "tmp/courier.lock";

std::string this_host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

Result<DotLock> take(const Maildir& maildir, std::chrono::milliseconds patience = 2s) {
    return DotLock::take(maildir.fd(), host, patience);
}

/// The pid of a process that has ended.
pid_t dead_pid() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return child;
}

bool is_recovered(const Maildir& maildir) {
    const auto start = steady_clock::now();
    return take(maildir).has_value() && steady_clock::now() - start < 100ms;
}

bool is_respected(const Maildir& maildir) {
    const auto content = maildir.get(lock_file);
    const auto lock = take(maildir, 60ms);
    return !lock && lock.error().code == Code::locked && maildir.get(lock_file) == content;
}

}  // namespace

TEST_CASE("a lock says who holds it, and is removed with all it needed") {
    const Maildir maildir;
    {
        const auto lock = take(maildir).value();
        CHECK(maildir.get(lock_file) == std::to_string(::getpid()) + ":" + this_host());
        CHECK(maildir.names("tmp") == Names{"courier.lock"});
    }
    CHECK(maildir.names("tmp").empty());
    const auto none = DotLock::none();
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("a lock whose process is gone is recovered at once") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(dead_pid()) + ":" + this_host());
    CHECK(is_recovered(maildir));
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("our own pid that no thread of ours holds is an older process") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(::getpid()) + ":" + this_host());
    CHECK(is_recovered(maildir));
}

TEST_CASE("a live process on this host is waited for, whatever its age") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(::getppid()) + ":" + this_host());
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    maildir.age(lock_file, std::min<std::chrono::seconds>(1h, std::chrono::seconds(up.tv_sec)));
    CHECK(is_respected(maildir));
}

TEST_CASE("a lock from before the system's start is stale, whoever has its process' number today") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(::getppid()) + ":" + this_host());
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    maildir.age(lock_file, std::chrono::seconds(up.tv_sec) + 1h);
    CHECK(is_recovered(maildir));
}

TEST_CASE("another host's lock is stale after 120 seconds") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(dead_pid()) + ":elsewhere");
    CHECK(is_respected(maildir));
    maildir.age(lock_file, 118s);
    CHECK(is_respected(maildir));
    maildir.age(lock_file, 122s);
    CHECK(is_recovered(maildir));
}

TEST_CASE("a lock that says nothing counts as another host's") {
    for (const std::string content : {"x", "0:", "-1:", "99999999999999:", ":", "1"}) {
        CAPTURE(content);
        const Maildir maildir;
        maildir.put(lock_file, content.ends_with(':') ? content + this_host() : content);
        CHECK(is_respected(maildir));
        maildir.age(lock_file, 122s);
        CHECK(is_recovered(maildir));
    }
}

TEST_CASE("a lock whose bytes were lost with the power holds nobody up") {
    for (const std::string& content : {std::string(), std::string(20, '\0')}) {
        const Maildir maildir;
        maildir.put(lock_file, content);
        CHECK(is_recovered(maildir));
    }
}

TEST_CASE("what is no file in the lock's place is waited for and let alone") {
    const Maildir maildir;
    REQUIRE(::mkfifo((maildir.root / lock_file).c_str(), 0600) == 0);
    CHECK_FALSE(ok(take(maildir, 60ms)));
    CHECK(maildir.has(lock_file));
    CHECK(maildir.names("tmp") == Names{"courier.lock"});
}

TEST_CASE("a holder that lets go is followed soon") {
    const Maildir maildir;
    maildir.put(lock_file, std::to_string(::getppid()) + ":" + this_host());
    std::thread holder([&] {
        std::this_thread::sleep_for(100ms);
        fs::remove(maildir.root / lock_file);
    });
    const auto start = steady_clock::now();
    CHECK(ok(take(maildir)));
    CHECK(steady_clock::now() - start >= 90ms);
    CHECK(steady_clock::now() - start < 500ms);
    holder.join();
}

TEST_CASE("threads of one process exclude each other") {
    const Maildir maildir;
    std::atomic<int> inside = 0;
    std::atomic<bool> clash = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                const auto lock = take(maildir, 20s);
                clash = clash || !lock || ++inside != 1;
                --inside;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK_FALSE(clash);
    CHECK(maildir.names("tmp").empty());
    const auto held = take(maildir);
    CHECK(take(maildir, 30ms).error().code == Code::locked);
}

TEST_CASE("processes that find the same stale lock exclude each other") {
    const Maildir maildir;
    const auto stale = std::to_string(dead_pid()) + ":" + this_host();
    std::vector<pid_t> children;
    for (int c = 0; c < 4; ++c) {
        const pid_t child = ::fork();
        if (child == 0) {
            bool good = true;
            for (int i = 0; i < 100; ++i) {
                const auto lock = take(maildir, 60s);
                const int mark = ::open((maildir.root / "mark").c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
                good = good && lock && mark >= 0;
                ::close(mark);
                fs::remove(maildir.root / "mark");
                if (i % 2 == 0) {  // die while holding it, as it were
                    maildir.put("stale", stale);
                    fs::rename(maildir.root / "stale", maildir.root / lock_file);
                }
            }
            ::_exit(good ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
}

TEST_CASE("a lock that others broke and took is not removed at the end") {
    const Maildir maildir;
    {
        const auto lock = take(maildir).value();
        fs::remove(maildir.root / lock_file);
        maildir.put(lock_file, "1:elsewhere");
    }
    CHECK(maildir.get(lock_file) == "1:elsewhere");
}

TEST_CASE("without tmp/ there is no lock") {
    const Maildir maildir;
    fs::remove(maildir.root / "tmp");
    CHECK(take(maildir).error().code == Code::unavailable);
    fs::create_directory(maildir.root / "tmp");
    CHECK(ok(take(maildir)));
}
