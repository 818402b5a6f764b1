// A folder without news answers without a look at the disk; one with news never does.
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
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

struct Watched {
    Watched() {
        disk.put("new/1.first.host");
        look();
        REQUIRE(folder->is_settled());
    }
    /// The second time takes in the news of what the first one did.
    void look() const {
        REQUIRE(folder->refresh(now()).has_value());
        REQUIRE(folder->refresh(now()).has_value());
    }
    static Folder::Now now() { return std::chrono::system_clock::now(); }

    asio::thread_pool pool{1};
    Maildir disk;
    std::shared_ptr<Folder> folder =
        std::make_shared<Folder>(disk.folder(), Settings{}, asio::make_strand(pool.get_executor()), Watcher::start());
};

struct ForeignChange {
    const char* what;
    std::function<void(const Maildir&)> make;
};

const std::vector<ForeignChange>& foreign_changes() {
    static const std::vector<ForeignChange> all{
        {"a delivery", [](const Maildir& disk) { disk.put("new/2.second.host"); }},
        {"a flag",
         [](const Maildir& disk) {
             fs::rename(disk.root / "cur/1.first.host:2,", disk.root / "cur/1.first.host:2,S");
         }},
        {"a message that goes", [](const Maildir& disk) { fs::remove(disk.root / "cur/1.first.host:2,"); }},
        {"a keyword",
         [](const Maildir& disk) {
             fs::create_directory(disk.root / "courierimapkeywords");
             std::ofstream(disk.root / "courierimapkeywords/:list") << "$Label\n\n1.first.host:0\n";
         }},
        {"another UID list",
         [](const Maildir& disk) {
             fs::copy(disk.root / "courierimapuiddb", disk.root / "tmp/list");
             fs::rename(disk.root / "tmp/list", disk.root / "courierimapuiddb");
         }},
        {"its end", [](const Maildir& disk) { fs::remove_all(disk.root / "cur"); }},
        {"a move",
         [](const Maildir& disk) {
             fs::rename(disk.root, disk.root.string() + ".away");
             fs::rename(disk.root.string() + ".away", disk.root);
         }},
    };
    return all;
}

}  // namespace

TEST_CASE("a folder is unsettled by each change of another program until it was looked at") {
    for (const ForeignChange& change : foreign_changes()) {
        INFO(change.what);
        Watched test;
        change.make(test.disk);
        CHECK_FALSE(test.folder->is_settled());
        CHECK_FALSE(test.folder->is_settled());  // asking is not looking
        const bool is_there = test.folder->refresh(Watched::now()) && test.folder->refresh(Watched::now());
        CHECK(test.folder->is_settled() == is_there);
    }
}

TEST_CASE("a folder is unsettled by our own changes until their news are taken in") {
    Watched test;
    const Uid uid = test.folder->snapshot()->at(0).uid;
    const FlagChange change{.uids = {uid}, .operation = FlagOperation::add, .flags = Flags(Flag::seen), .keywords = {}};
    REQUIRE(test.folder->store_flags(change, Watched::now()).has_value());
    CHECK_FALSE(test.folder->is_settled());
    test.look();
    CHECK(test.folder->is_settled());
}

TEST_CASE("messages that wait in new/ for their UIDs leave a folder unsettled after STATUS") {
    Watched test;
    test.disk.put("new/2.second.host");
    const auto counted = test.folder->status(Watched::now());
    REQUIRE(counted.has_value());
    CHECK(counted->messages == 2);
    CHECK_FALSE(test.folder->is_settled());
    test.look();
    REQUIRE(test.folder->is_settled());
    const auto known = test.folder->known_status();
    CHECK(known.messages == 2);
    CHECK(known.unseen == 2);
    CHECK(known.recent == 2);
    CHECK(known.uid_next == counted->uid_next);
    CHECK(known.uid_validity == counted->uid_validity);
}

TEST_CASE("no UID is below the UIDNEXT that STATUS told while messages waited") {
    Watched test;
    test.disk.put("new/2.second.host");
    test.disk.put("new/3.third.host");
    const auto told = test.folder->status(Watched::now());
    REQUIRE(told.has_value());
    std::vector<maildir::Delivery> deliveries;
    deliveries.push_back(maildir::testing::delivery(test.folder->files()));
    const auto delivered = test.folder->deliver(deliveries, Watched::now());
    REQUIRE(delivered.has_value());
    CHECK(delivered->uids.front() >= told->uid_next);
}

TEST_CASE("a folder that is gone, or that was never looked at, is not settled") {
    Watched test;
    test.folder->set_gone();
    CHECK_FALSE(test.folder->is_settled());
    const Maildir disk;
    const Folder unseen(disk.folder(), Settings{}, asio::make_strand(test.pool.get_executor()), Watcher::start());
    CHECK_FALSE(unseen.is_settled());
}

TEST_CASE("a folder that is not watched is never settled") {
    asio::thread_pool pool{1};
    const Maildir disk;
    Folder folder(disk.folder(), Settings{}, asio::make_strand(pool.get_executor()), nullptr);
    REQUIRE(folder.refresh(Watched::now()).has_value());
    CHECK_FALSE(folder.is_settled());
}

}  // namespace postrider::store
