// One list for all POP3 sessions of an account, made again only when messages came or went, or Courier wrote the file.
#include "store/maildrop_list.hpp"

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/folder.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using maildir::testing::Maildir;
using List = std::shared_ptr<const MaildropList>;

constexpr const char* file = "courierpop3dsizelist";
constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'795'285'955)};

struct Account {
    Account() {
        disk.put("new/1.a", "Subject: x\n\ntext\n");
        disk.put("new/2.b", "Subject: x\n\ntext\n");
        list();
        disk.age(file, std::chrono::minutes(1));
        settled = list();  // which has read the file that the first one wrote
    }
    List list() {
        REQUIRE(folder->refresh(std::chrono::system_clock::now()).has_value());
        return lister.list(disk.fd(), folder, now).value();
    }
    bool is_settled() { return list() == settled; }

    asio::thread_pool pool{1};
    Maildir disk;
    PoolStrand strand = asio::make_strand(pool.get_executor());
    std::shared_ptr<Folder> folder = std::make_shared<Folder>(disk.folder(), Settings{}, strand, Watcher::start());
    MaildropLister lister{strand, Settings{}};
    List settled;
};

}  // namespace

TEST_CASE("sessions share one list while no message comes or goes") {
    Account account;
    CHECK(account.is_settled());
    REQUIRE(account.folder->mark_seen(Uid(1)).has_value());
    fs::rename(account.disk.root / "cur/2.b:2,", account.disk.root / "cur/2.b:2,F");
    CHECK(account.is_settled());
    CHECK(account.settled->uids == std::vector{Uid(1), Uid(2)});
    CHECK(account.settled->messages->uidl(1) == "UID2-1795285955");
}

TEST_CASE("a delivery, a removal, another file and another folder make a new list") {
    SECTION("a delivery") {
        Account account;
        account.disk.put("new/3.c");
        CHECK_FALSE(account.is_settled());
        CHECK(account.list()->uids.size() == 3);
    }
    SECTION("a removal") {
        Account account;
        fs::remove(account.disk.root / "cur/1.a:2,");
        CHECK_FALSE(account.is_settled());
        CHECK(account.list()->uids == std::vector{Uid(2)});
    }
    SECTION("one came and one went") {
        Account account;
        account.disk.put("new/3.c");
        fs::remove(account.disk.root / "cur/1.a:2,");
        CHECK_FALSE(account.is_settled());
        CHECK(account.list()->uids == std::vector{Uid(2), Uid(3)});
    }
    SECTION("Courier wrote the file") {
        Account account;
        account.disk.put(file, "/3 9 7\n1.a:2, 20 5:7:0\n2.b:2, 20 8:7:0\n");
        CHECK_FALSE(account.is_settled());
        CHECK(account.list()->messages->uidl(0) == "UID5-7");
    }
    SECTION("the file is lost") {
        Account account;
        const auto told = account.disk.get(file);
        fs::remove(account.disk.root / file);
        CHECK_FALSE(account.is_settled());
        CHECK(account.disk.get(file) == told);
    }
    SECTION("the folder was opened anew") {
        Account account;
        account.folder = std::make_shared<Folder>(account.disk.folder(), Settings{}, account.strand, Watcher::start());
        CHECK_FALSE(account.is_settled());
        CHECK(account.list()->messages->uidl(1) == account.settled->messages->uidl(1));
    }
}

TEST_CASE("a list without a message that could not be read is made again at the next login") {
    Account account;
    fs::create_directory(account.disk.root / "away");
    fs::create_symlink("../away/3.c", account.disk.root / "cur/3.c:2,");  // opens as no regular file
    account.list();
    CHECK(account.list()->uids == std::vector{Uid(1), Uid(2)});
    fs::remove(account.disk.root / "cur/1.a:2,");  // as many as before, of which one is unreadable
    CHECK(account.list()->uids == std::vector{Uid(2)});
    fs::remove(account.disk.root / "cur/3.c:2,");
    account.disk.put("cur/3.c:2,");
    CHECK(account.list()->uids.size() == 2);
}

TEST_CASE("a hundred thousand messages are kept in little memory, each with its own UIDL") {
    constexpr std::size_t count = 100'000;
    std::vector<maildir::Pop3Entry> entries;
    for (std::size_t i = 0; i < count; ++i) {
        entries.push_back({.name = "1795285861.M" + std::to_string(i) + "P15215.host,S=23:2,S",
                           .size = i,
                           .number = i + 1,
                           .uid_validity = 7,
                           .utf8 = i % 3 == 0});
    }
    const maildir::Pop3Table table(entries);
    REQUIRE(table.size() == count);
    for (const std::size_t i : {std::size_t{0}, std::size_t{255}, count / 2, count - 1}) {
        CHECK((table.entry(i) == entries[i]));
        CHECK(table.uidl(i) == "UID" + std::to_string(i + 1) + "-7");
    }
    CHECK(table.memory() < count * 100);
}

}  // namespace postrider::store
