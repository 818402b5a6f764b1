// Scans and STATUS: UIDs, the map on disk, odd files, failing disks.
#include <atomic>
#include <thread>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* map_file = "courierimapuiddb";

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a first scan makes the map and moves new/ to cur/") {
    const Maildir maildir;
    maildir.put("new/10.a");
    maildir.put("new/9.b:2,S");
    maildir.put("cur/100.c:2,F");
    maildir.put("cur/11.d");
    maildir.put("cur/.hidden");
    maildir.put("new/.hidden");
    auto folder = maildir.folder();
    const auto at = now();
    const auto scan = folder.scan(at).value();
    CHECK(names_of(scan) == Names{"9.b:2,S", "10.a:2,", "11.d", "100.c:2,F"});
    CHECK(uids_of(scan) == Numbers{1, 2, 3, 4});
    CHECK(scan.recent.size() == 4);
    CHECK(scan.uid_next == Uid(5));
    CHECK(scan.uid_validity.value() >= std::chrono::system_clock::to_time_t(at) - 1'000'000'000);
    CHECK(maildir.get(map_file) ==
          "1 " + std::to_string(scan.uid_validity.value()) + " 5\n1 9.b\n2 10.a\n3 11.d\n4 100.c\n");
    CHECK(maildir.names("new") == Names{".hidden"});
    CHECK(maildir.names("tmp").empty());
    CHECK(maildir.has("courierimapkeywords"));
    const auto again = folder.scan(now()).value();
    CHECK(uids_of(again) == uids_of(scan));
    CHECK(again.recent.empty());
    CHECK(again.uid_validity == scan.uid_validity);
}

TEST_CASE("what Courier wrote is kept") {
    const Maildir maildir;
    maildir.put(map_file, "1 777 20\n5 10.a\n7 11.b\n9 12.c\n");
    maildir.put("cur/10.a:2,S");
    maildir.put("cur/12.c:2,");
    maildir.put("new/8.z");
    auto folder = maildir.folder();
    const auto scan = folder.scan(now()).value();
    CHECK(uids_of(scan) == Numbers{5, 9, 20});
    CHECK(scan.uid_validity == UidValidity(777));
    CHECK(scan.recent == std::vector{Uid(20)});
    CHECK(maildir.get(map_file) == "1 777 21\n5 10.a\n9 12.c\n20 8.z\n");
}

TEST_CASE("a change of the map by another program is followed") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto one = maildir.folder();
    auto two = maildir.folder();
    CHECK(uids_of(one.scan(now()).value()) == Numbers{1});
    maildir.put("new/2.b");
    CHECK(uids_of(two.scan(now()).value()) == Numbers{1, 2});
    fs::remove(maildir.root / "cur/1.a:2,");
    const auto scan = one.scan(now()).value();
    CHECK(uids_of(scan) == Numbers{2});
    CHECK(scan.recent.empty());
    maildir.put("new/1.a");
    CHECK(uids_of(one.scan(now()).value()) == Numbers{2, 3});
    CHECK(uids_of(two.scan(now()).value()) == Numbers{2, 3});
}

TEST_CASE("a message that comes back with its old map gets a new UID") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    auto folder = maildir.folder();
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{1, 2});
    const auto map = maildir.get(map_file);
    folder.remove("1.a:2,").value();
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{2});
    maildir.put("cur/1.a:2,");
    maildir.put("restored", map);
    fs::rename(maildir.root / "restored", maildir.root / map_file);
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{2, 3});
    CHECK(uids_of(maildir.folder().scan(now()).value()) == Numbers{2, 3});
}

TEST_CASE("folders made in the same second differ in UIDVALIDITY") {
    const Maildir one;
    const Maildir two;
    const auto at = now();
    const auto first = one.folder().scan(at).value().uid_validity;
    CHECK(two.folder().scan(at).value().uid_validity > first);
    fs::remove(one.root / map_file);
    CHECK(one.folder().scan(at).value().uid_validity > first);
}

TEST_CASE("a folder made again within a second differs from the one that another program made") {
    const Maildir maildir;
    const auto at = now() + 24h;
    const auto first = std::chrono::system_clock::to_time_t(at) - 1'000'000'000;
    maildir.put(map_file, "1 " + std::to_string(first) + " 9\n");
    CHECK(maildir.folder().scan(at).value().uid_validity.value() == first);
    fs::remove(maildir.root / map_file);
    CHECK(maildir.folder().scan(at).value().uid_validity.value() == first + 1);
}

TEST_CASE("a UIDVALIDITY from the far future does not spread to other folders") {
    const Maildir maildir;
    maildir.put(map_file, "1 4294967295 9\n");
    CHECK(maildir.folder().scan(now()).value().uid_validity == UidValidity(4294967295));
    const Maildir other;
    CHECK(other.folder().scan(now()).value().uid_validity < UidValidity(4000000000));
}

TEST_CASE("a map without a header counts as none") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    for (const char* content : {"", "garbage", "2 7 9\n5 1.a\n"}) {
        maildir.put(map_file, content);
        auto again = maildir.folder();
        const auto scan = again.scan(now()).value();
        CHECK(uids_of(scan) == Numbers{1});
        CHECK(maildir.get(map_file).starts_with("1 " + std::to_string(scan.uid_validity.value()) + " 2\n"));
    }
}

TEST_CASE("links and FIFOs in place of the map are not followed") {
    const Maildir maildir;
    maildir.put("precious", "1 7 9\n");
    maildir.put("cur/1.a:2,");
    fs::create_symlink("precious", maildir.root / map_file);
    CHECK(maildir.folder().scan(now()).value().uid_validity != UidValidity(7));
    CHECK(maildir.get("precious") == "1 7 9\n");
    fs::remove(maildir.root / map_file);
    REQUIRE(::mkfifo((maildir.root / map_file).c_str(), 0600) == 0);
    CHECK(uids_of(maildir.folder().scan(now()).value()) == Numbers{1});
}

TEST_CASE("what is no message is neither shown nor touched") {
    const Maildir maildir;
    fs::create_directory(maildir.root / "cur/1.dir:2,");
    fs::create_directory(maildir.root / "new/2.dir");
    REQUIRE(::mkfifo((maildir.root / "cur/3.fifo:2,").c_str(), 0600) == 0);
    REQUIRE(::mkfifo((maildir.root / "new/3.fifo").c_str(), 0600) == 0);
    maildir.put("cur/4.new\nline:2,");
    maildir.put("cur/:list:2,");
    maildir.put("cur/:2,S");
    maildir.put("cur/5.good:2,");
    auto folder = maildir.folder();
    CHECK(names_of(folder.scan(now()).value()) == Names{"5.good:2,"});
    CHECK(maildir.names("cur").size() == 6);
    CHECK(maildir.names("new").size() == 2);
    CHECK(folder.status(now()).value().messages == 1);
    auto other = maildir.folder();
    CHECK(other.look_only(now()).value()->messages.size() == 1);
    CHECK(other.waiting().messages == 0);
}

TEST_CASE("of two files with one base the one with more flags is the message") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/1.a:2,FS");
    maildir.put("cur/1.a:2,S");
    maildir.put("new/1.a");
    auto folder = maildir.folder();
    for (int i = 0; i < 2; ++i) {
        CHECK(names_of(folder.scan(now()).value()) == Names{"1.a:2,FS"});
    }
    CHECK(maildir.names("cur").size() == 3);
    CHECK(maildir.names("new") == Names{"1.a"});
    fs::remove(maildir.root / "cur/1.a:2,FS");
    CHECK(names_of(folder.scan(now()).value()) == Names{"1.a:2,S"});
}

TEST_CASE("renames while the folder is read make no message vanish") {
    const Maildir maildir;
    constexpr int messages = 600;
    for (int i = 0; i < messages; ++i) {
        maildir.put("cur/" + std::to_string(i) + ".m:2,");
    }
    auto folder = maildir.folder();
    folder.scan(now()).value();
    std::atomic<bool> done = false;
    std::thread renamer([&] {
        for (int round = 0; !done; ++round) {
            for (int i = 0; i < messages && !done; ++i) {
                const auto base = maildir.root.string() + "/cur/" + std::to_string(i) + ".m:2,";
                ::rename((base + (round % 2 == 0 ? "" : "S")).c_str(), (base + (round % 2 == 0 ? "S" : "")).c_str());
            }
        }
    });
    std::size_t least = messages;
    std::uint32_t next = 0;
    for (int i = 0; i < 150; ++i) {
        const auto scan = folder.scan(now()).value();
        least = std::min(least, scan.messages.size());
        next = scan.uid_next.value();
    }
    done = true;
    renamer.join();
    CHECK(least == messages);
    CHECK(next == messages + 1);
}

TEST_CASE("a full disk keeps the old map, and nothing unsaved is announced") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    auto folder = maildir.folder();
    const auto before = folder.scan(now()).value();
    const auto map = maildir.get(map_file);
    maildir.put("new/" + std::string(200, '3'));
    fs::remove(maildir.root / "cur/1.a:2,");
    {
        const FileSizeLimit full(100);
        const auto scan = folder.scan(now()).value();
        CHECK(uids_of(scan) == Numbers{2});
        CHECK(scan.recent.empty());
        CHECK(scan.uid_next == Uid(3));
        CHECK(maildir.get(map_file) == map);
        CHECK(maildir.names("tmp").empty());
        auto other = maildir.folder();
        CHECK(uids_of(other.scan(now()).value()) == Numbers{2});
    }
    const auto scan = folder.scan(now()).value();
    CHECK(uids_of(scan) == Numbers{2, 3});
    CHECK(scan.recent == std::vector{Uid(3)});
    CHECK(scan.uid_validity == before.uid_validity);
}

TEST_CASE("a disk too full for a lock is read as it stands") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    maildir.put("new/2.b");
    maildir.put("cur/3.c:2,");
    {
        const FileSizeLimit full(1);
        CHECK(uids_of(folder.scan(now()).value()) == Numbers{1});
        CHECK(maildir.names("new") == Names{"2.b"});
        CHECK(folder.status(now()).value().messages == 3);
    }
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{1, 2, 3});
}

TEST_CASE("without a map that can be saved a folder has numbers of this process") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    fs::create_directory(maildir.root / map_file);
    auto folder = maildir.folder();
    const auto first = folder.scan(now()).value();
    maildir.put("new/2.b");
    const auto second = folder.scan(now()).value();
    CHECK(uids_of(first) == Numbers{1});
    CHECK(uids_of(second) == Numbers{1, 2});
    CHECK(second.recent == std::vector{Uid(2)});
    CHECK(second.uid_validity == first.uid_validity);
    CHECK(maildir.folder().scan(now()).value().uid_validity != first.uid_validity);
    fs::remove(maildir.root / map_file);
    const auto saved = folder.scan(now()).value();
    CHECK(saved.uid_validity == first.uid_validity);
    CHECK(lines_of(maildir.get(map_file)) == 3);
}

TEST_CASE("when UIDs run out, what has none is left out") {
    const Maildir maildir;
    maildir.put(map_file, "1 7 4294967294\n");
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    auto folder = maildir.folder();
    const auto scan = folder.scan(now()).value();
    CHECK(uids_of(scan) == Numbers{4294967294});
    CHECK(scan.uid_next == Uid(4294967295));
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{4294967294});
}

TEST_CASE("tmp/ is cleaned of files older than 36 hours, once an hour") {
    const Maildir maildir;
    maildir.put("tmp/1.a");
    maildir.put("tmp/.hidden");
    fs::create_directory(maildir.root / "tmp/directory");
    fs::create_directories(maildir.root / "tmp/1.M1P1_1.h,folder/cur");
    maildir.put("tmp/1.M1P1_1.h,folder/cur/1:2,");
    auto folder = maildir.folder();
    const auto at = now();
    folder.scan(at + 35h + 59min).value();
    CHECK(maildir.names("tmp").size() == 4);
    folder.scan(at + 36h + 30min).value();
    CHECK(maildir.names("tmp").size() == 4);
    folder.scan(at + 37h).value();
    CHECK(maildir.names("tmp") == Names{".hidden", "directory"});
}

TEST_CASE("may_have_changed sees what others do") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    CHECK(folder.may_have_changed());
    const auto settle = [&] {
        for (int i = 0; i < 3; ++i) {
            std::this_thread::sleep_for(30ms);
            folder.scan(now()).value();
        }
        return !folder.may_have_changed();
    };
    REQUIRE(settle());
    folder.scan(now()).value();
    CHECK_FALSE(folder.may_have_changed());
    const auto changes = {+[](const Maildir& m) { m.put("new/2.b"); }, +[](const Maildir& m) { m.put("cur/3.c:2,"); },
                          +[](const Maildir& m) { fs::rename(m.root / "cur/3.c:2,", m.root / "cur/3.c:2,S"); },
                          +[](const Maildir& m) { m.put("courierimapkeywords/3.c", "x\n"); },
                          +[](const Maildir& m) { fs::remove(m.root / map_file); }};
    for (const auto change : changes) {
        change(maildir);
        CHECK(folder.may_have_changed());
        REQUIRE(settle());
    }
    // Two changes within one tick of the clock: the second leaves the same time behind.
    for (int i = 0; i < 50; ++i) {
        maildir.put("new/" + std::to_string(100 + i) + ".a");
        folder.scan(now()).value();
        maildir.put("new/" + std::to_string(100 + i) + ".b");
        CHECK(folder.may_have_changed());
        folder.scan(now()).value();
    }
}

TEST_CASE("STATUS counts, moves nothing, and fixes UIDVALIDITY") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,S");
    maildir.put("cur/2.b:2,");
    maildir.put("new/3.c");
    auto folder = maildir.folder();
    const auto counts = folder.status(now()).value();
    CHECK(counts.messages == 3);
    CHECK(counts.recent == 3);
    CHECK(counts.unseen == 2);
    CHECK(counts.uid_next == Uid(4));
    CHECK(maildir.get(map_file) == "1 " + std::to_string(counts.uid_validity.value()) + " 1\n");
    CHECK(maildir.names("new") == Names{"3.c"});
    auto other = maildir.folder();
    CHECK(other.status(now()).value().uid_validity == counts.uid_validity);
    const auto scan = other.scan(now()).value();
    CHECK(scan.uid_validity == counts.uid_validity);
    CHECK(scan.recent.size() == 3);
    CHECK(scan.uid_next == counts.uid_next);
    maildir.put("new/4.d");
    const auto after = folder.status(now()).value();
    CHECK(after.messages == 4);
    CHECK(after.recent == 1);
    CHECK(after.uid_next == Uid(5));
    fs::remove(maildir.root / "cur/1.a:2,S");
    CHECK(folder.status(now()).value().messages == 3);
}

TEST_CASE("STATUS waits for who is changing the map, and only then") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    auto other = maildir.folder();
    maildir.put("new/2.b");
    other.scan(now()).value();
    {
        const auto held = DotLock::take(maildir.fd(), host, std::chrono::milliseconds(100)).value();
        CHECK(folder.status(now()).error().code == Code::locked);
        CHECK(other.status(now()).value().messages == 2);
    }
    CHECK(folder.status(now()).value().messages == 2);
}

TEST_CASE("STATUS counts in the directory that has the name") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    const int cur = folder.cur();
    fs::rename(maildir.root / "cur", maildir.root / "old");
    fs::create_directory(maildir.root / "cur");
    maildir.put("cur/1.a:2,S");
    const auto counts = folder.status(now()).value();
    CHECK(counts.messages == 1);
    CHECK(counts.unseen == 0);
    CHECK(folder.cur() == cur);  // other threads know it by this number
    CHECK(folder.open_message("1.a:2,S").has_value());
}

TEST_CASE("keywords of messages come with the scan, of others not") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    fs::create_directory(maildir.root / "courierimapkeywords");
    maildir.put("courierimapkeywords/:list", "x\n\n1.a:0\n2.b:0\n");
    auto folder = maildir.folder();
    CHECK(folder.scan(now()).value().keywords == KeywordMap{{"1.a", {"x"}}});
    folder.set_keywords("1.a", {"y", "z"}).value();
    CHECK(folder.scan(now()).value().keywords == KeywordMap{{"1.a", {"y", "z"}}});
    CHECK(folder.scan(now()).value().keywords == KeywordMap{{"1.a", {"y", "z"}}});
    folder.remove("1.a:2,").value();
    CHECK(folder.scan(now()).value().keywords.empty());
}

TEST_CASE("a keyword directory that is none does not hide the folder") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("courierimapkeywords", "a file");
    auto folder = maildir.folder();
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{1});
    CHECK(maildir.get("courierimapkeywords") == "a file");
    CHECK_FALSE(ok(folder.set_keywords("1.a", {"x"})));
}

TEST_CASE("a folder without its parts is not opened; one that is removed is told of") {
    const Maildir maildir;
    CHECK(FolderFiles::open(maildir.fd(), ".none", {}, host).error().code == Code::no_such_mailbox);
    maildir.put(".file");
    CHECK(FolderFiles::open(maildir.fd(), ".file", {}, host).error().code == Code::no_such_mailbox);
    for (const char* part : {"cur", "new"}) {
        fs::create_directories(maildir.root / ".a" / part);
    }
    CHECK(FolderFiles::open(maildir.fd(), ".a", {}, host).error().code == Code::unavailable);
    fs::create_directories(maildir.root / ".a/tmp");
    auto folder = maildir.folder({}, ".a");
    fs::remove_all(maildir.root / ".a");
    CHECK(folder.scan(now()).error().code == Code::no_such_mailbox);
}
