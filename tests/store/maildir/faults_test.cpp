// What other programs and a failing disk do between two of our system calls. The calls are replaced here by ones that
// work as ever until a test tells one of them to fail, or readdir() to pass over a name (as it may when a file is
// renamed while the directory is read).
#include <dirent.h>
#include <dlfcn.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>

#include "store/maildir/faults.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/fixture.hpp"
#include "store/maildir/folder_tree.hpp"
#include "store/maildir/pop3_list_file.hpp"
#include "store/maildir/subscriptions.hpp"
#include "store/maildir/trash.hpp"
#include "support/catch.hpp"

namespace {

/// The start of the name that readdir() passes over; null: none. And how often.
std::atomic<const char*> hidden_name = nullptr;
std::atomic<int> hidden_times = 0;

/// The start of the names that unlinkat() does not remove; null: none.
std::atomic<const char*> stuck_name = nullptr;

/// Calls until one fails; below zero: none will.
std::atomic<int> calls_left = -1;
std::atomic<int> failure = EIO;

/// What another process does just before our flock(), pread() or fdatasync().
std::atomic<void (*)()> before_flock = nullptr;
std::atomic<void (*)()> before_pread = nullptr;
std::atomic<void (*)()> before_fdatasync = nullptr;

/// Whether this call is the one that fails.
bool fails() {
    if (calls_left < 0 || calls_left.fetch_sub(1) != 0) {
        return false;
    }
    errno = failure;
    return true;
}

}  // namespace

extern "C" {

dirent* readdir(DIR* directory) {
    using Readdir = dirent* (*)(DIR*);
    static const auto real = reinterpret_cast<Readdir>(::dlsym(RTLD_NEXT, "readdir"));
    for (;;) {
        dirent* entry = real(directory);
        const char* hidden = hidden_name;
        if (entry == nullptr || hidden == nullptr || !std::string_view(entry->d_name).starts_with(hidden) ||
            hidden_times.fetch_sub(1) <= 0) {
            return entry;
        }
    }
}

int fsync(int fd) {
    return fails() ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
    if (auto* act = before_fdatasync.exchange(nullptr)) {
        act();
    }
    return fails() ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

int unlinkat(int directory, const char* name, int flags) noexcept {
    if (const char* stuck = stuck_name; stuck != nullptr && std::string_view(name).starts_with(stuck)) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_unlinkat, directory, name, flags));
}

int flock(int fd, int operation) noexcept {
    if (auto* act = before_flock.exchange(nullptr)) {
        act();
    }
    return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

ssize_t pread(int fd, void* buffer, size_t size, off_t offset) {
    using Pread = ssize_t (*)(int, void*, size_t, off_t);
    static const auto real = reinterpret_cast<Pread>(::dlsym(RTLD_NEXT, "pread"));
    if (auto* act = before_pread.exchange(nullptr)) {
        act();
    }
    return real(fd, buffer, size, offset);
}

int renameat(int from, const char* old_name, int to, const char* new_name) noexcept {
    return fails() ? -1 : static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, 0u));
}

int renameat2(int from, const char* old_name, int to, const char* new_name, unsigned flags) noexcept {
    return fails() ? -1 : static_cast<int>(::syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}

}  // extern "C"

namespace postrider::store::maildir::testing {

Fault::Fault(int call, int error) {
    failure = error;
    calls_left = call;
}

Fault::~Fault() {
    calls_left = -1;
}

bool Fault::happened() const {
    return calls_left < 0;
}

Stuck::Stuck(const char* name) {
    stuck_name = name;
}

Stuck::~Stuck() {
    stuck_name = nullptr;
}

}  // namespace postrider::store::maildir::testing

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

class Hidden {
public:
    Hidden(const char* name, int times) {
        hidden_times = times;
        hidden_name = name;
    }
    Hidden(const Hidden&) = delete;
    ~Hidden() { hidden_name = nullptr; }
};

/// Fails each call of `work` in turn until it needs no more of them. work: what it is to do, armed fault and all.
template <class Work>
int sweep(Work work) {
    for (int call = 0; call < 100; ++call) {
        if (!work(call)) {
            return call;
        }
    }
    return -1;
}

}  // namespace

TEST_CASE("a name that one reading of the directory missed is not gone") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,S");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    {
        const Hidden once("1.a", 1);
        CHECK(uids_of(folder.scan(now()).value()) == Numbers{1, 2});
    }
    {
        const Hidden once("2.b", 1);
        const auto counts = folder.status(now()).value();
        CHECK(counts.messages == 2);
        CHECK(counts.unseen == 1);
    }
    {
        const Hidden in_every_pass("1.a", 5);
        CHECK(uids_of(folder.scan(now()).value()) == Numbers{2});
    }
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{2, 3});
}

TEST_CASE("a stale lock that another process recovered first is not taken from it") {
    const Maildir maildir;
    maildir.put("tmp/courier.lock", "1:elsewhere");
    maildir.age("tmp/courier.lock", std::chrono::hours(1));
    maildir.put("tmp/theirs", "2:elsewhere");
    static fs::path tmp;
    tmp = maildir.root / "tmp";
    before_flock = [] { fs::rename(tmp / "theirs", tmp / "courier.lock"); };
    CHECK_FALSE(ok(DotLock::take(maildir.fd(), host, std::chrono::milliseconds(50))));
    CHECK(before_flock.load() == nullptr);
    CHECK(maildir.get("tmp/courier.lock") == "2:elsewhere");
}

TEST_CASE("a delivery that fails at any step leaves nothing, and no UID is given twice") {
    const int steps = sweep([](int call) {
        CAPTURE(call);
        const Maildir maildir;
        maildir.put("cur/1.a:2,");
        auto folder = maildir.folder();
        const auto before = folder.scan(now()).value();
        std::vector<Delivery> deliveries;
        deliveries.push_back(delivery(folder));
        deliveries.push_back(delivery(folder));
        deliveries[1].keywords = {"x"};
        bool happened = false;
        bool delivered = false;
        {
            const Fault fault(call, EIO);
            delivered = ok(folder.deliver(deliveries, now()));
            happened = fault.happened();
        }
        const auto after = folder.scan(now()).value();
        CHECK(after.uid_validity == before.uid_validity);
        CHECK(after.messages.size() == (delivered ? 3 : 1));
        CHECK(maildir.names("cur").size() == after.messages.size());
        CHECK(after.keywords.size() == (delivered ? 1 : 0));
        CHECK(uids_of(maildir.folder().scan(now()).value()) == uids_of(after));
        std::vector<Delivery> next;
        next.push_back(delivery(folder));
        CHECK(folder.deliver(next, now()).value().at(0) >= after.uid_next);
        return happened;
    });
    CHECK(steps > 8);
}

TEST_CASE("a scan that fails at any step announces no UID that is given again") {
    const int steps = sweep([](int call) {
        CAPTURE(call);
        const Maildir maildir;
        maildir.put("courierimapuiddb", "1 7 5\n3 1.a\n4 2.b\n");
        maildir.put("cur/1.a:2,");
        maildir.put("new/3.c");
        fs::create_directory(maildir.root / "courierimapkeywords");
        maildir.put("courierimapkeywords/1.a", "x\n");
        auto folder = maildir.folder();
        bool happened = false;
        std::vector<NamedMessage> announced;
        {
            const Fault fault(call, ENOSPC);
            if (const auto scan = folder.scan(now())) {
                for (const auto& message : scan->messages) {
                    announced.push_back({message.uid, std::string(message.name)});
                }
                CHECK(scan->uid_validity == UidValidity(7));
            }
            happened = fault.happened();
        }
        auto fresh = maildir.folder();
        const auto other = fresh.scan(now()).value();
        CHECK(names_of(other) == Names{"1.a:2,", "3.c:2,"});
        CHECK(uids_of(other) == Numbers{3, 5});
        CHECK(other.keywords == KeywordMap{{"1.a", {"x"}}});
        for (const auto& message : announced) {
            CHECK(base_of(message.name) == (message.uid == Uid(3) ? "1.a" : "3.c"));
        }
        CHECK(uids_of(folder.scan(now()).value()) == Numbers{3, 5});
        return happened;
    });
    CHECK(steps > 4);
}

TEST_CASE("folders are renamed, made and deleted in one piece when a step fails") {
    const auto tree = [](const Maildir& maildir) { return list_folders(maildir.fd()).value(); };
    const auto sweep_tree = [&](auto change) {
        return sweep([&](int call) {
            CAPTURE(call);
            const Maildir maildir;
            for (const char* name : {".a", ".a.x", ".a.y"}) {
                create_folder(maildir.fd(), name, Durability::durable).value();
            }
            const auto before = tree(maildir);
            const Fault fault(call, EIO);
            const bool done = change(maildir);
            const bool happened = fault.happened();
            CHECK((done || !happened || tree(maildir) == before));
            return happened;
        });
    };
    CHECK(sweep_tree([](const Maildir& maildir) {
              return ok(rename_folder(maildir.fd(), ".a", ".b", Durability::durable));
          }) == 4);
    CHECK(sweep_tree([](const Maildir& maildir) {
              const bool made = ok(create_folder(maildir.fd(), ".b", Durability::durable));
              CHECK(maildir.names("tmp").empty());
              return made;
          }) == 6);
}

TEST_CASE("a change of the subscriptions that is refused at any step is not made") {
    const Maildir maildir;
    const auto subscribe = [&](const char* name) {
        return set_subscribed(maildir.fd(), name, Subscribed::yes, host, Durability::durable);
    };
    subscribe("INBOX.a").value();
    const int steps = sweep([&](int call) {
        CAPTURE(call);
        const Fault fault(call, EIO);
        const bool done = ok(subscribe("INBOX.b"));
        CHECK(done != fault.happened());
        CHECK(read_subscriptions(maildir.fd()).value().size() == (done ? 2 : 1));
        CHECK(maildir.names("tmp").empty());
        return !done;
    });
    CHECK(steps == 3);
}

TEST_CASE("where RENAME_NOREPLACE is missing a link does the same") {
    const Maildir maildir;
    for (const int error : {EINVAL, ENOSYS}) {
        maildir.put("a", "1");
        maildir.put("b", "2");
        {
            const Fault fault(0, error);
            CHECK(rename_no_replace(maildir.fd(), "a", maildir.fd(), "b").error().code == Code::already_exists);
        }
        {
            const Fault fault(0, error);
            CHECK(ok(rename_no_replace(maildir.fd(), "a", maildir.fd(), "cur/c")));
        }
        CHECK_FALSE(maildir.has("a"));
        CHECK(maildir.get("cur/c") == "1");
        fs::remove(maildir.root / "cur/c");
        {
            const Fault fault(0, error);
            CHECK(ok(rename_no_replace(maildir.fd(), "cur", maildir.fd(), "moved")));
        }
        fs::create_directory(maildir.root / "cur");
        {
            const Fault fault(0, error);
            CHECK(rename_no_replace(maildir.fd(), "cur", maildir.fd(), "moved").error().code == Code::already_exists);
        }
        fs::remove(maildir.root / "moved");
        const Fault fault(0, error);
        CHECK(rename_no_replace(maildir.fd(), "none", maildir.fd(), "x").error().code == Code::expunged);
    }
}

namespace {

/// Takes a message to the trash with each call failing in turn; it must be in one place, whole, whatever happens.
int sweep_trash(const fs::path& trash_folder, int error) {
    return sweep([&](int call) {
        CAPTURE(call, error);
        const Maildir maildir;
        if (!trash_folder.empty()) {
            fs::create_directory_symlink(trash_folder, maildir.root / ".Trash");
        }
        maildir.put("cur/1.a,S=5:2,T");
        const auto cur = open_directory(maildir.fd(), "cur").value();
        auto trash = Trash::open(maildir.fd(), ".Trash", host, Durability::durable).value();
        bool happened = false;
        bool taken = false;
        {
            const Fault fault(call, error);
            taken = ok(trash.take(cur.get(), "1.a,S=5:2,T"));
            happened = fault.happened();
        }
        const auto there = maildir.names(".Trash/cur");
        CHECK(there.size() == (taken ? 1 : 0));
        CHECK(maildir.names("cur").size() == (taken ? 0 : 1));
        CHECK(maildir.get(taken ? ".Trash/cur/" + there.at(0) : "cur/1.a,S=5:2,T") == "text\n");
        CHECK(maildir.names(".Trash/tmp").empty());
        for (const auto& name : there) {
            fs::remove(maildir.root / ".Trash/cur" / name);
        }
        return happened;
    });
}

}  // namespace

TEST_CASE("on its way to the trash a message is in one of the two folders when a step fails") {
    for (const int error : {EIO, ENOSPC, EXDEV}) {
        CHECK(sweep_trash({}, error) == 1);
    }
}

TEST_CASE("a trash on another file system gets a copy that lasts before the message goes") {
    std::string other = "/dev/shm/maildir-XXXXXX";
    if (::mkdtemp(other.data()) == nullptr) {
        SUCCEED("no second file system here");
        return;
    }
    for (const char* part : {"cur", "new", "tmp"}) {
        fs::create_directory(fs::path(other) / part);
    }
    for (const int error : {EIO, ENOSPC}) {
        CHECK(sweep_trash(other, error) == 4);
    }
    fs::remove_all(other);
}

TEST_CASE("a UIDL list that another program replaces while ours is made is read once more") {
    const Maildir maildir;
    maildir.put("courierpop3dsizelist", "/3 6 9\n1.a:2, 20 5:9:0\n");
    maildir.put("theirs", "/3 9 9\n1.a:2, 20 5:9:0\n2.b:2, 20 8:9:0\n");
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    static fs::path root;
    root = maildir.root;
    const bool when_it_is_measured = GENERATE(true, false);
    auto* replace = +[] { fs::rename(root / "theirs", root / "courierpop3dsizelist"); };
    (when_it_is_measured ? before_pread : before_fdatasync) = replace;
    Pop3ListFile list(host, Durability::durable);
    const auto entries =
        list.update(maildir.fd(), maildir.names("cur"), std::chrono::sys_seconds(std::chrono::seconds(7)));
    CHECK(before_pread.load() == nullptr);
    CHECK(before_fdatasync.load() == nullptr);
    REQUIRE(entries.has_value());
    REQUIRE(entries->size() == 2);
    CHECK(uidl_of(entries->at(1)) == "UID8-9");
}

TEST_CASE("a UIDL that was told stays when the list cannot be saved at any step") {
    const int steps = sweep([](int call) {
        CAPTURE(call);
        const Maildir maildir;
        maildir.put("cur/1.a:2,");
        maildir.put("cur/2.b:2,");
        Pop3ListFile list(host, Durability::durable);
        const auto told = [&] {
            Names uidls;
            const std::chrono::sys_seconds now(std::chrono::seconds(7));
            for (const auto& entry : list.update(maildir.fd(), maildir.names("cur"), now).value()) {
                uidls.push_back(uidl_of(entry));
            }
            return uidls;
        };
        bool happened = false;
        Names before;
        {
            const Fault fault(call, EIO);
            before = told();
            happened = fault.happened();
        }
        CHECK(before.size() == 2);
        CHECK(told() == before);
        list = Pop3ListFile(host, Durability::durable);
        CHECK(told() == before);
        return happened;
    });
    CHECK(steps == 3);
}
