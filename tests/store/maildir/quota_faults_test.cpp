// A quota while the disk is full, files may not be changed, or others change the folders.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>

#include "store/maildir/fixture.hpp"
#include "store/maildir/quota.hpp"
#include "support/catch.hpp"

namespace {

/// What happens just before a file is written to; gives the error of the write, 0 for none.
std::function<int()> before_write;

}  // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
    if (before_write) {
        if (const int error = before_write(); error != 0) {
            errno = error;
            return -1;
        }
    }
    return ::syscall(SYS_write, fd, bytes, size);
}

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr Usage small{.bytes = 10, .messages = 1};

class BeforeWrite {
public:
    explicit BeforeWrite(std::function<int()> act) { before_write = std::move(act); }
    BeforeWrite(const BeforeWrite&) = delete;
    ~BeforeWrite() { before_write = nullptr; }
};

/// Root becomes somebody whom permissions bind, with the Maildir his.
class Ordinary {
public:
    explicit Ordinary(const Maildir& maildir) {
        if (was_root_) {
            for (const auto& entry : fs::recursive_directory_iterator(maildir.root)) {
                REQUIRE(::chown(entry.path().c_str(), uid, uid) == 0);
            }
            REQUIRE(::chown(maildir.root.c_str(), uid, uid) == 0);
            REQUIRE(::seteuid(uid) == 0);
        }
    }
    Ordinary(const Ordinary&) = delete;
    ~Ordinary() {
        if (was_root_) {
            (void)!::seteuid(0);
        }
    }

private:
    static constexpr uid_t uid = 20001;
    bool was_root_ = ::geteuid() == 0;
};

Quota quota_of(const Maildir& maildir) {
    return Quota(maildir.fd(), ".", {.limits = {}, .host = host, .durability = Durability::durable});
}

}  // namespace

TEST_CASE("a full disk stops no command, and the next count finds what was not noted") {
    const Maildir maildir;
    maildir.put("maildirsize", "100S\n" + print_usage({0, 0}));
    const auto before = maildir.get("maildirsize");
    for (const int error : {ENOSPC, EDQUOT, EIO}) {
        const BeforeWrite full([error] { return error; });
        quota_of(maildir).charge(small);
        CHECK(maildir.get("maildirsize") == before);
    }
    maildir.put("cur/1.a,S=95:2,");
    CHECK(ok(quota_of(maildir).check(small, now())));
    {
        const FileSizeLimit limit(before.size() + 9);
        quota_of(maildir).charge(small);
    }
    CHECK(maildir.get("maildirsize").size() == before.size() + 9);
    CHECK(quota_of(maildir).check(small, now()).error().code == Code::over_quota);
    CHECK(maildir.get("maildirsize") == "100S\n" + print_usage({95, 1}));
}

TEST_CASE("what cannot be written is counted all the same") {
    const Maildir maildir;
    const std::string wrong = "100S\n" + print_usage({50, 1}) + print_usage({50, 1});
    maildir.put("maildirsize", wrong);
    maildir.put("cur/1.a,S=95:2,");
    const BeforeWrite full([] { return ENOSPC; });
    CHECK(ok(quota_of(maildir).check({.bytes = 5, .messages = 1}, now())));
    CHECK_FALSE(ok(quota_of(maildir).check({.bytes = 6, .messages = 1}, now())));
    CHECK(maildir.get("maildirsize") == wrong);
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("a file that may not be read and written is no quota, as for Courier") {
    for (const auto mode : {0000, 0400, 0200}) {
        CAPTURE(mode);
        const Maildir maildir;
        maildir.put("maildirsize", "1S\n" + print_usage({0, 0}));
        const Ordinary ordinary(maildir);
        fs::permissions(maildir.root / "maildirsize", fs::perms(mode));
        CHECK(ok(quota_of(maildir).check(small, now())));
        quota_of(maildir).charge(small);
        quota_of(maildir).recount();
        CHECK(fs::file_size(maildir.root / "maildirsize") == 3 + 26);
    }
}

TEST_CASE("a folder that may not be read counts as empty, the others count") {
    const Maildir maildir;
    maildir.put("maildirsize", "100S\n0 5\n99 9\n");
    for (const char* name : {".a", ".b", ".b/cur", ".b/new"}) {
        fs::create_directory(maildir.root / name);
    }
    maildir.put(".b/cur/1.a,S=95:2,");
    const Ordinary ordinary(maildir);
    fs::permissions(maildir.root / ".a", fs::perms(0));
    CHECK_FALSE(ok(quota_of(maildir).check(small, now())));
    CHECK(maildir.get("maildirsize") == "100S\n" + print_usage({95, 1}));
    fs::permissions(maildir.root / ".a", fs::perms(0700));
}

TEST_CASE("a count during which the folders changed is made again, five times at most") {
    for (const int disturbed : {0, 1, 4, 5, 6}) {
        CAPTURE(disturbed);
        const Maildir maildir;
        maildir.put("maildirsize", "100S\n50 5\n99 9\n");
        maildir.put("cur/1.a,S=95:2,");
        for (const char* part : {"cur", "new"}) {
            maildir.age(part, std::chrono::hours(1));
        }
        int counts = 0;
        const BeforeWrite others([&] {
            if (++counts <= disturbed) {
                maildir.age("cur", std::chrono::minutes(30 - counts));
            }
            return 0;
        });
        // After a quiet count the answer is that count's; where there is none, yes.
        const bool allowed = ok(quota_of(maildir).check(small, now()));
        CHECK(allowed == (disturbed >= 5));
        CHECK(counts == std::min(disturbed + 1, 5));
        counts = 0;
        quota_of(maildir).recount();
        CHECK(counts == std::min(disturbed + 1, 5));
    }
}
