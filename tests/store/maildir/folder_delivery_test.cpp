// Deliveries and changes of single messages.
#include <thread>

#include "store/maildir/filename.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;

namespace {

constexpr const char* map_file = "courierimapuiddb";

std::vector<Delivery> two_of(const FolderFiles& folder) {
    std::vector<Delivery> deliveries;
    deliveries.push_back(delivery(folder));
    deliveries.push_back(delivery(folder, "second"));
    deliveries[0].flags = Flag::seen | Flag::flagged;
    deliveries[1].keywords = {"Work", "$Todo"};
    return deliveries;
}

/// Nothing of a refused delivery is left or announced, and the next one works.
void check_refused(const Maildir& maildir, FolderFiles& folder, const Result<std::vector<Uid>>& delivered) {
    CHECK_FALSE(ok(delivered));
    CHECK(maildir.names("cur") == Names{"1.a:2,"});
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{1});
    CHECK(maildir.names("tmp").empty());
}

}  // namespace

TEST_CASE("deliveries become messages with UIDs in order, flags, keywords, sizes") {
    const Maildir maildir;
    auto folder = maildir.folder();
    maildir.put("cur/1.a:2,");
    maildir.put("new/2.b");
    auto deliveries = two_of(folder);
    CHECK(folder.deliver(deliveries, now()).value() == std::vector{Uid(1), Uid(2)});
    const auto scan = folder.scan(now()).value();
    CHECK(uids_of(scan) == Numbers{1, 2, 3, 4});
    CHECK(scan.recent == std::vector{Uid(3), Uid(4)});
    const std::string name(scan.messages[0].name);
    CHECK(name.ends_with(",S=4:2,FS"));
    CHECK(maildir.get("cur/" + name) == "a\nb\n");
    CHECK(scan.messages[1].name.ends_with(",S=6:2,"));
    const auto base = std::string(base_of(scan.messages[1].name));
    CHECK(scan.keywords == KeywordMap{{base, {"Work", "$Todo"}}});
    CHECK(maildir.get("courierimapkeywords/:list") == "Work\n$Todo\n\n" + base + ":0 1\n");
    deliveries.clear();
    CHECK(maildir.names("tmp").empty());
    CHECK(uids_of(maildir.folder().scan(now()).value()) == Numbers{1, 2, 3, 4});
}

TEST_CASE("a link to the same message twice makes two messages") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,", "text");
    auto folder = maildir.folder();
    std::vector<Delivery> copies;
    for (int i = 0; i < 2; ++i) {
        copies.push_back(Delivery::link(Delivery::open_tmp(folder.folder()).value(), host, folder.cur(), "1.a:2,",
                                        Durability::durable)
                             .value());
    }
    CHECK(folder.deliver(copies, now()).value().size() == 2);
    CHECK(folder.scan(now()).value().messages.size() == 3);
    CHECK(maildir.names("cur").size() == 3);
}

TEST_CASE("a delivery reads no directory, and adds its line to the map in place") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    const auto inode = [&] { return file_id(maildir.fd(), map_file)->inode; };
    const auto before = inode();
    maildir.put("new/2.b");
    std::vector<Delivery> one;
    one.push_back(delivery(folder));
    CHECK(folder.deliver(one, now()).value() == std::vector{Uid(2)});
    CHECK(inode() == before);
    CHECK(maildir.has("new/2.b"));
    CHECK_FALSE(folder.needs_scan());
    const auto progress = folder.take_progress();
    REQUIRE(progress.arrived.size() == 1);
    CHECK(progress.arrived[0].uid == Uid(2));
    CHECK(progress.recent.empty());
    CHECK(progress.uid_next == Uid(3));
}

TEST_CASE("a map that cannot be saved refuses the delivery") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    const auto validity = std::to_string(folder.uid_validity().value());
    CHECK(maildir.get(map_file) == "1 " + validity + " 2\n1 1.a\n");
    {
        auto deliveries = two_of(folder);
        const FileSizeLimit full(100);
        check_refused(maildir, folder, folder.deliver(deliveries, now()));
    }
    CHECK(maildir.get(map_file) == "1 " + validity + " 4\n1 1.a\n");  // two UIDs that nobody will have
    auto again = two_of(folder);
    CHECK(folder.deliver(again, now()).value() == std::vector{Uid(4), Uid(5)});
}

TEST_CASE("a temporary file that is gone refuses all of the delivery") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    auto deliveries = two_of(folder);
    fs::remove(maildir.root / "tmp" / deliveries[1].temporary_name());
    check_refused(maildir, folder, folder.deliver(deliveries, now()));
    CHECK(folder.scan(now()).value().keywords.empty());
    for (const auto& name : maildir.names("courierimapkeywords")) {
        CHECK(name == ":list");
    }
}

TEST_CASE("a name that is taken refuses all of the delivery, and stays") {
    const Maildir maildir;
    auto folder = maildir.folder();
    auto deliveries = two_of(folder);
    const auto taken = "cur/" + deliveries[1].final_base().value() + ":2,";
    maildir.put(taken, "another's");
    CHECK_FALSE(ok(folder.deliver(deliveries, now())));
    CHECK(maildir.names("cur").size() == 1);
    CHECK(maildir.get(taken) == "another's");
}

TEST_CASE("keywords that cannot be written refuse the delivery") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("courierimapkeywords", "a file");
    auto folder = maildir.folder();
    auto deliveries = two_of(folder);
    const auto delivered = folder.deliver(deliveries, now());
    deliveries.clear();
    check_refused(maildir, folder, delivered);
    auto plain = std::vector<Delivery>{};
    plain.push_back(delivery(folder));
    CHECK(ok(folder.deliver(plain, now())));
}

TEST_CASE("with keywords off none are written") {
    const Maildir maildir;
    auto folder = maildir.folder({.keywords = Keywords::off});
    auto deliveries = two_of(folder);
    CHECK(ok(folder.deliver(deliveries, now())));
    CHECK(folder.scan(now()).value().keywords.empty());
    CHECK(folder.set_keywords("1.a", {"x"}).error().code == Code::not_permitted);
}

TEST_CASE("no UIDs left is a limit") {
    const Maildir maildir;
    maildir.put(map_file, "1 7 4294967294\n");
    auto folder = maildir.folder();
    auto deliveries = two_of(folder);
    CHECK(folder.deliver(deliveries, now()).error().code == Code::limit);
    deliveries.pop_back();
    CHECK(folder.deliver(deliveries, now()).value() == std::vector{Uid(4294967294)});
}

TEST_CASE("two deliverers in two threads share one ascending row of UIDs") {
    const Maildir maildir;
    constexpr std::size_t each = 200;
    std::vector<std::vector<Uid>> uids(2);
    std::vector<std::thread> threads;
    for (auto& mine : uids) {
        threads.emplace_back([&maildir, &mine] {
            auto folder = maildir.folder({.durable = false});
            for (std::size_t i = 0; i < each; ++i) {
                std::vector<Delivery> one;
                one.push_back(delivery(folder));
                auto delivered = folder.deliver(one, now());
                while (!delivered && delivered.error().code == Code::locked) {
                    delivered = folder.deliver(one, now());
                }
                mine.push_back(delivered.value().at(0));
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::vector<Uid> all;
    for (const auto& mine : uids) {
        CHECK(std::is_sorted(mine.begin(), mine.end()));
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    const auto text = maildir.get(map_file);
    const auto list = parse_uid_list(text).value();
    CHECK(list.entries.size() == 2 * each);
    CHECK(list.uid_next == Uid(2 * each + 1));
    CHECK(maildir.names("cur").size() == 2 * each);
    CHECK(maildir.names("tmp").empty());
    auto again = maildir.folder();
    const auto scan = again.scan(now()).value();
    CHECK(scan.recent.empty());
    CHECK(scan.messages.size() == 2 * each);
}

TEST_CASE("a message whose second name already has the flags keeps that one") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    fs::create_hard_link(maildir.root / "cur/1.a:2,", maildir.root / "cur/1.a:2,S");
    auto folder = maildir.folder();
    CHECK(folder.change_flags("1.a:2,", Flag::seen, {}).value() == "1.a:2,S");
    CHECK(maildir.names("cur") == Names{"1.a:2,S"});
    maildir.put("cur/1.a:2,");  // another file: whose content would be lost
    CHECK(folder.change_flags("1.a:2,", Flag::seen, {}).error().code == Code::already_exists);
    CHECK(maildir.names("cur").size() == 2);
}

TEST_CASE("keywords that another program set are there before they are folded into the list, and for a while after") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    CHECK(ok(folder.scan(now())));
    CHECK_FALSE(folder.latest_keywords("1.a", now()));
    CHECK(ok(maildir.folder().set_keywords("1.a", {"x", "y"})));
    CHECK(folder.latest_keywords("1.a", now()) == Names{"x", "y"});
    CHECK(ok(maildir.folder().scan(now())));
    CHECK_FALSE(maildir.has("courierimapkeywords/1.a"));
    CHECK(folder.latest_keywords("1.a", now()) == Names{"x", "y"});
    CHECK(folder.latest_keywords("1.a", now() + 15min) == Names{"x", "y"});
    CHECK_FALSE(folder.latest_keywords("1.a", now() + 25min));
}

TEST_CASE("where the newest keywords of a message cannot be read, older ones are not told") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    CHECK(ok(folder.set_keywords("1.a", {"old"})));
    CHECK(ok(folder.scan(now())));
    REQUIRE(folder.latest_keywords("1.a", now()) == Names{"old"});
    fs::create_directory(maildir.root / "courierimapkeywords/1.a");  // no file: reading it is an error
    CHECK_FALSE(folder.latest_keywords("1.a", now()));
}

TEST_CASE("flags are changed by renaming, changes of others survive") {
    const Maildir maildir;
    maildir.put("cur/1.a,S=5:2,Pa");
    auto folder = maildir.folder();
    CHECK(folder.change_flags("1.a,S=5:2,Pa", Flag::seen, {}).value() == "1.a,S=5:2,PSa");
    CHECK(folder.change_flags("1.a,S=5:2,Pa", Flag::flagged, {}).value() == "1.a,S=5:2,FPSa");
    CHECK(folder.change_flags("1.a,S=5:2,", {}, Flag::seen).value() == "1.a,S=5:2,FPa");
    CHECK(folder.change_flags("1.a,S=5:2,FPa", {}, {}).value() == "1.a,S=5:2,FPa");
    CHECK(folder.change_flags("1.a,S=5:2,", {}, {}).value() == "1.a,S=5:2,FPa");
    CHECK(folder.change_flags("1.a:2,S", {}, {}).value() == "1.a,S=5:2,FPa");
    CHECK(maildir.names("cur") == Names{"1.a,S=5:2,FPa"});
    CHECK(folder.change_flags("1.b:2,", Flag::seen, {}).error().code == Code::expunged);
    CHECK(folder.change_flags("1.b:2,", {}, {}).error().code == Code::expunged);
}

TEST_CASE("a change of flags never replaces a file") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,", "one");
    maildir.put("cur/1.a:2,S", "two");
    auto folder = maildir.folder();
    CHECK(folder.change_flags("1.a:2,S", {}, Flag::seen).error().code == Code::already_exists);
    CHECK(maildir.names("cur").size() == 2);
}

TEST_CASE("two threads change different flags of one message, both stay") {
    const Maildir maildir;
    for (int round = 0; round < 100; ++round) {
        maildir.put("cur/1.a:2,");
        const auto change = [&maildir](Flag flag) { (void)maildir.folder().change_flags("1.a:2,", flag, {}).value(); };
        std::thread one(change, Flag::seen);
        std::thread two(change, Flag::answered);
        one.join();
        two.join();
        REQUIRE(maildir.names("cur") == Names{"1.a:2,RS"});
        fs::remove(maildir.root / "cur/1.a:2,RS");
    }
}

TEST_CASE("a message is removed under whatever name it has, and no other") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,S");
    maildir.put("cur/1.a,S=5:2,S");
    maildir.put("cur/1.ab:2,S");
    auto folder = maildir.folder();
    CHECK(ok(folder.remove("1.a:2,")));
    CHECK(maildir.names("cur") == Names{"1.a,S=5:2,S", "1.ab:2,S"});
    CHECK(ok(folder.remove("1.a:2,")));
    CHECK(maildir.names("cur").size() == 2);
    fs::create_directory(maildir.root / "cur/2.b:2,");
    CHECK_FALSE(ok(folder.remove("2.b:2,")));
    CHECK(maildir.has("cur/2.b:2,"));
}

TEST_CASE("a message that comes back gets a new UID") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    auto folder = maildir.folder();
    folder.scan(now()).value();
    folder.remove("1.a:2,").value();
    CHECK(folder.scan(now()).value().messages.empty());
    maildir.put("cur/1.a:2,");
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{2});
}

TEST_CASE("messages are opened by their present name, files alone") {
    const Maildir maildir;
    maildir.put("cur/1.a,S=5:2,S", "text");
    auto folder = maildir.folder();
    for (const char* name : {"1.a,S=5:2,S", "1.a,S=5:2,", "1.a:2,", "1.a,S=7:2,"}) {
        CAPTURE(name);
        const auto file = folder.open_message(name);
        REQUIRE(ok(file));
        CHECK(read_descriptor(file->get(), 100).value() == "text");
    }
    fs::create_symlink("/etc/passwd", maildir.root / "cur/2.b:2,");
    REQUIRE(::mkfifo((maildir.root / "cur/3.c:2,").c_str(), 0600) == 0);
    for (const char* name : {"2.b:2,", "3.c:2,", "4.d:2,", "1.aa:2,"}) {
        CAPTURE(name);
        CHECK(folder.open_message(name).error().code == Code::expunged);
    }
}

TEST_CASE("IMAP_USELOCKS=0 works without a lock") {
    const Maildir maildir;
    maildir.put("tmp/courier.lock", "1:elsewhere");
    auto folder = maildir.folder({.use_locks = false});
    auto deliveries = two_of(folder);
    CHECK(folder.deliver(deliveries, now()).value().size() == 2);
    CHECK(maildir.get("tmp/courier.lock") == "1:elsewhere");
}
