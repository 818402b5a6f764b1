// INBOX as POP3 sessions see it, with IMAP sessions, other POP3 sessions and other programs beside them.
#include "store/maildrop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/temp_folder.hpp"
#include "store/maildir/faults.hpp"
#include "store/maildir/fixture.hpp"
#include "store/user.hpp"
#include "support/catch.hpp"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using maildir::testing::FileSizeLimit;
using Names = std::vector<std::string>;
using Indexes = std::vector<std::size_t>;

const std::string text = "Subject: x\n\ntext\n";
const std::string text_sent = "Subject: x\r\n\r\ntext\r\n";

Settings plain() {
    Settings settings;
    settings.index = false;
    return settings;
}

/// One process' look at the Maildir.
struct Process {
    explicit Process(const std::string& maildir) : store(pool, plain()) { user = run(store.open(maildir, {})).value(); }

    template <class T>
    T run(Task<T> task) {
        auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
        loop.restart();
        loop.run();
        return done.get();
    }
    std::unique_ptr<Maildrop> drop() { return run(user->open_maildrop()).value(); }
    std::unique_ptr<Mailbox> mailbox() { return run(user->select("INBOX", Access::read_write)).value(); }
    Changes sync(Mailbox& mailbox) { return run(mailbox.sync(Expunges::may_send)).value(); }
    Maildrop::Removed remove(Maildrop& drop, Indexes indexes) { return run(drop.remove(std::move(indexes))).value(); }

    asio::io_context loop;
    asio::thread_pool pool{2};
    Store store;
    std::shared_ptr<User> user;
};

struct Site {
    Site() {
        for (const char* part : {"cur", "new", "tmp"}) {
            fs::create_directory(root / part);
        }
        put("cur/2.b:2,F");
        put("cur/1.a:2,S");
        put("new/3.c");
    }

    void put(const std::string& name, const std::string& content = text) const {
        std::ofstream(root / name, std::ios::binary) << content;
    }
    std::string get(const std::string& name) const { return test::read_file((root / name).string()); }
    Names names(const std::string& part) const {
        Names found;
        for (const auto& entry : fs::directory_iterator(root / part)) {
            found.push_back(entry.path().filename().string());
        }
        std::ranges::sort(found);
        return found;
    }
    void rename(const std::string& from, const std::string& to) const { fs::rename(root / from, root / to); }

    test::TempFolder folder;
    fs::path root = folder.path();
    std::unique_ptr<Process> process = std::make_unique<Process>(folder.path());
};

Names uidls(const Maildrop& drop) {
    Names told;
    for (std::size_t i = 0; i < drop.count(); ++i) {
        told.push_back(drop.uidl(i));
    }
    return told;
}

std::string content(const Maildrop& drop, std::size_t index) {
    const auto reader = drop.open(index);
    if (!reader) {
        return reader.error().code == Code::expunged ? "gone" : reader.error().detail;
    }
    std::string room;
    return std::string(reader->read(0, 1000, room).value());
}

}  // namespace

TEST_CASE("a maildrop has cur/ and new/ in the order of delivery, with sizes as sent") {
    Site site;
    site.put("new/4.d", "Subject: \xFC\n\nno end");
    const auto drop = site.process->drop();
    REQUIRE(drop->count() == 4);
    CHECK(drop->size(0) == text_sent.size());
    CHECK(drop->size(3) == 22);
    CHECK_FALSE(drop->is_utf8(0));
    CHECK(drop->is_utf8(3));
    CHECK(content(*drop, 3) == "Subject: \xFC\n\nno end");
    CHECK(site.names("new").empty());
    CHECK(site.names("cur") == Names{"1.a:2,S", "2.b:2,F", "3.c:2,", "4.d:2,"});
    CHECK(drop->uidl(0).starts_with("UID1-"));
    CHECK(drop->uidl(3).starts_with("UID4-"));
    CHECK(site.get("courierpop3dsizelist").starts_with("/3 5 "));
}

TEST_CASE("an empty maildrop") {
    Site site;
    fs::remove_all(site.root / "cur");
    fs::create_directory(site.root / "cur");
    fs::remove(site.root / "new/3.c");
    const auto drop = site.process->drop();
    CHECK(drop->count() == 0);
    const auto removed = site.process->remove(*drop, {});
    CHECK(removed.names.empty());
    CHECK(removed.failed.empty());
}

TEST_CASE("a maildrop stays as it was at login, whatever happens meanwhile") {
    Site site;
    const auto drop = site.process->drop();
    const auto told = uidls(*drop);
    site.put("new/0.earlier");
    fs::remove(site.root / "cur/2.b:2,F");
    const auto second = site.process->drop();
    CHECK(second->count() == 3);
    CHECK(uidls(*drop) == told);
    CHECK(content(*drop, 0) == text);
    CHECK(content(*drop, 1) == "gone");
    CHECK(content(*drop, 2) == text);
    CHECK(uidls(*second).at(1) == told.at(0));
    CHECK(uidls(*second).at(2) == told.at(2));
    CHECK(uidls(*second).at(0).starts_with("UID4-"));
}

TEST_CASE("messages are found under whatever name they have now") {
    Site site;
    const auto drop = site.process->drop();
    site.rename("cur/1.a:2,S", "cur/1.a:2,");
    site.rename("cur/2.b:2,F", "cur/2.b:2,FR");
    CHECK(content(*drop, 0) == text);
    CHECK(content(*drop, 1) == text);
    REQUIRE(site.process->run(drop->mark_seen({1})).has_value());
    CHECK(site.names("cur").at(1) == "2.b:2,FRS");
    site.rename("cur/3.c:2,", "cur/3.c:2,T");
    const auto removed = site.process->remove(*drop, {0, 1, 2});
    CHECK(removed.names == Names{"1.a:2,", "2.b:2,FRS", "3.c:2,T"});
    CHECK(removed.failed.empty());
    CHECK(site.names("cur").empty());
}

TEST_CASE("a message that IMAP had marked deleted goes, also when the mark is taken off meanwhile") {
    Site site;
    site.put("cur/5.t:2,T");
    const auto drop = site.process->drop();
    site.rename("cur/5.t:2,T", "cur/5.t:2,S");
    const auto removed = site.process->remove(*drop, {3});
    CHECK(removed.names == Names{"5.t:2,S"});
    CHECK(site.names("cur").size() == 3);
}

TEST_CASE("an IMAP session hears of what a POP3 session does, and the other way round") {
    Site site;
    Process& process = *site.process;
    const auto drop = process.drop();
    const auto mailbox = process.mailbox();
    CHECK(mailbox->view()->recent_count() == 3);  // no IMAP session was told of them before
    REQUIRE(mailbox->view()->size() == 3);
    REQUIRE(process.run(drop->mark_seen({2})).has_value());
    CHECK(process.sync(*mailbox).flags == std::vector{SeqNum(3)});
    CHECK(mailbox->view()->at(SeqNum(3)).flags == Flags(Flag::seen));
    REQUIRE(process.run(drop->mark_seen({2})).has_value());
    CHECK(process.sync(*mailbox) == Changes{});
    process.remove(*drop, {0});
    CHECK(process.sync(*mailbox).expunged == std::vector{SeqNum(1)});
    REQUIRE(process.run(mailbox->store_flags({{Uid(2)}, FlagOperation::add, Flag::deleted, {}})).has_value());
    REQUIRE(process.run(mailbox->expunge(std::nullopt)).has_value());
    CHECK(content(*drop, 0) == "gone");
    CHECK(content(*drop, 1) == "gone");
    CHECK(drop->count() == 3);
    const auto removed = process.remove(*drop, {0, 1, 2});
    CHECK(removed.names == Names{"3.c:2,S"});
    CHECK(removed.failed.empty());
    process.sync(*mailbox);
    CHECK(mailbox->view()->size() == 0);
}

TEST_CASE("two sessions delete the same message: it is gone for both, and named by one") {
    Site site;
    const auto one = site.process->drop();
    const auto two = site.process->drop();
    CHECK(uidls(*one) == uidls(*two));
    CHECK(site.process->remove(*one, {1}).names == Names{"2.b:2,F"});
    const auto removed = site.process->remove(*two, {1, 2});
    CHECK(removed.names == Names{"3.c:2,"});
    CHECK(removed.failed.empty());
}

TEST_CASE("what another process removed is no failure, and is not named") {
    Site site;
    const auto drop = site.process->drop();
    fs::remove(site.root / "cur/2.b:2,F");
    REQUIRE(site.process->run(drop->mark_seen({1})).has_value());
    const auto removed = site.process->remove(*drop, {1, 2});
    CHECK(removed.names == Names{"3.c:2,"});
    CHECK(removed.failed.empty());
}

TEST_CASE("what cannot be removed is told, and stays in the folder") {
    Site site;
    const auto drop = site.process->drop();
    const maildir::testing::Stuck stuck("2.b");
    const auto removed = site.process->remove(*drop, {2, 1, 0});
    CHECK(removed.names == Names{"1.a:2,S", "3.c:2,"});
    CHECK(removed.failed == Indexes{1});
    CHECK(site.names("cur") == Names{"2.b:2,F"});
}

TEST_CASE("a removal that may not last is told as such, and which it was") {
    Site site;
    const auto drop = site.process->drop();
    const maildir::testing::Fault fault(0, EIO);
    const auto removed = site.process->run(drop->remove({0}));
    CHECK(fault.happened());
    REQUIRE(removed.has_value());
    CHECK(removed->names == Names{"1.a:2,S"});
    CHECK(removed->trouble.has_value());
}

TEST_CASE("removed messages are taken off the quota, but not those marked deleted") {
    Site site;
    site.put("maildirsize", "1000000S\n");
    site.put("cur/5.t:2,T");
    const auto drop = site.process->drop();
    site.rename("cur/2.b:2,F", "cur/2.b:2,FT");  // by a program that has charged it
    site.process->remove(*drop, {0, 1, 2, 3});
    CHECK(site.get("maildirsize") == "1000000S\n         -34           -2\n");
}

TEST_CASE("a UIDL stays over flags, deliveries, expunges, the end of the process and a lost list") {
    Site site;
    auto drop = site.process->drop();
    const auto told = uidls(*drop);
    fs::remove(site.root / "courierpop3dsizelist");
    CHECK(uidls(*site.process->drop()) == told);
    drop.reset();
    site.process.reset();
    site.rename("cur/3.c:2,", "cur/3.c:2,FS");
    fs::remove(site.root / "cur/1.a:2,S");
    site.put("new/2.0");
    site.process = std::make_unique<Process>(site.folder.path());
    drop = site.process->drop();
    REQUIRE(drop->count() == 3);
    CHECK(drop->uidl(1) == told.at(1));
    CHECK(drop->uidl(2) == told.at(2));
    CHECK(drop->uidl(0).starts_with("UID4-"));
}

TEST_CASE("every form of Courier's list is taken over") {
    struct Case {
        const char* list;
        Names told;
    };
    const std::vector<Case> cases = {
        {"/3 9 777\n1.a:2, 5 4:555:0\n3.c:2,S 6 8:777:1\n", {"UID4-555", "UID9-777", "UID8-777"}},
        {"/2 9 777\n1.a:2, 5 4:555\n2.b:2,F 5 5:777\n", {"UID4-555", "UID5-777", "UID9-777"}},
        {"/4 10 12345\n1.a:2, 5 4:555:0\n", {"UID10-12345", "UID11-12345", "UID12-12345"}},
        {"/3 7 0\n1.a:2, 5 4:0:0\n2.b:2,F 5 0:0:0\n", {"UID4", "2.b", "UID7"}},
    };
    for (const auto& [list, told] : cases) {
        INFO(list);
        Site site;
        site.put("courierpop3dsizelist", list);
        CHECK(uidls(*site.process->drop()) == told);
        CHECK(uidls(*site.process->drop()) == told);
        CHECK(site.get("courierpop3dsizelist").starts_with("/3 "));
    }
    Site site;
    site.put("courierpop3dsizelist", "/1 7\n1.a:2, 5 4:555:0\n");
    CHECK(site.process->drop()->uidl(0).starts_with("UID7-"));
}

TEST_CASE("on a full disk everything is shown, and is known again when there is room") {
    Site site;
    REQUIRE(site.process->mailbox()->view()->size() == 3);
    Names told;
    {
        const FileSizeLimit limit(3);
        const auto drop = site.process->drop();
        told = uidls(*drop);
        CHECK(told.size() == 3);
        CHECK(content(*drop, 0) == text);
        CHECK(site.process->remove(*drop, {0}).names == Names{"1.a:2,S"});
        CHECK(uidls(*site.process->drop()) == Names(told.begin() + 1, told.end()));
    }
    site.put("new/4.d");
    auto after = uidls(*site.process->drop());
    REQUIRE(after.size() == 3);
    CHECK(Names(after.begin(), after.begin() + 2) == Names(told.begin() + 1, told.end()));
    site.process = std::make_unique<Process>(site.folder.path());
    CHECK(uidls(*site.process->drop()) == after);
}

TEST_CASE("an INBOX that another program renumbered is opened at the first try") {
    Site site;
    const auto told = uidls(*site.process->drop());
    site.put("tmp/list", "1 12345 2\n1 2.b\n");
    site.rename("tmp/list", "courierimapuiddb");
    CHECK(uidls(*site.process->drop()) == told);
}

TEST_CASE("a Maildir without cur/ is an error, no empty maildrop") {
    Site site;
    fs::remove_all(site.root / "cur");
    CHECK_FALSE(site.process->run(site.process->user->open_maildrop()).has_value());
    Site later;
    const auto drop = later.process->drop();
    fs::remove_all(later.root / "cur");
    CHECK_FALSE(later.process->run(later.process->user->open_maildrop()).has_value());
    CHECK(content(*drop, 0) != text);
}

TEST_CASE("two processes on one Maildir give each message one UIDL and one UID") {
    Site site;
    Process other(site.folder.path());
    const auto drop = site.process->drop();
    const auto mailbox = other.mailbox();
    for (int i = 10; i < 20; ++i) {
        site.put("new/" + std::to_string(i) + ".x");
        const auto here = i % 2 == 0 ? site.process->drop() : other.drop();
        const auto there = i % 2 == 0 ? other.drop() : site.process->drop();
        CHECK(uidls(*here) == uidls(*there));
        other.sync(*mailbox);
        CHECK(mailbox->view()->size() == here->count());
        CHECK(mailbox->view()->last_uid() == Uid(static_cast<std::uint32_t>(i - 6)));
    }
}

}  // namespace postrider::store
