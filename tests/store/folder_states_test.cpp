// MODSEQs over the end of a process: kept where all is known, new where it is not, and never less than before.
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/folder.hpp"
#include "store/index/index.hpp"
#include "store/index/record.hpp"
#include "store/maildir/filename.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

namespace postrider::store {
namespace {

using namespace std::chrono_literals;
using maildir::testing::Maildir;
namespace fs = std::filesystem;

Settings quick() {
    Settings settings;
    settings.durable = false;
    settings.index_most_bytes = 16 << 20;
    return settings;
}

/// What one process knows of a folder, from its first look to its end, which is an orderly one.
class Life {
public:
    explicit Life(const Maildir& maildir, std::chrono::seconds clock_is_off = 0s)
        : index(index::Index::open(maildir.fd(), quick(), pool_, alarm_)),
          clock_is_off_(clock_is_off),
          strand_(asio::make_strand(pool_.get_executor())),
          folder_(std::make_shared<Folder>(maildir.folder(quick()), quick(), strand_, nullptr, index)) {
        struct stat status {};
        ::fstat(maildir.fd(), &status);
        inode = status.st_ino;
    }
    ~Life() { end(); }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    void end() {
        if (!index) {
            return;
        }
        on_strand([&] { folder_.reset(); });
        index->flush();
        index.reset();
        pool_.join();
    }

    SnapshotPtr look() {
        SnapshotPtr found;
        on_strand([&] { found = folder_->refresh(now()).value(); });
        return found;
    }
    void store(const FlagChange& change) {
        on_strand([&] { folder_->store_flags(change, now()).value(); });
    }
    void expunge() {
        on_strand([&] { folder_->expunge(nullptr, now()).value(); });
    }
    /// Until what was told is in the index.
    void settle() {
        const auto told = look();
        on_strand([&] { folder_->keep_states(); });
        index->flush();
        const auto end = std::chrono::steady_clock::now() + 10s;
        const auto is_there = [&] {
            const auto facts = IndexedFolder(index, inode, told->uid_validity()).folder_facts();
            return facts && facts->highest == told->mod_seq();
        };
        while (!is_there()) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            std::this_thread::sleep_for(5ms);
        }
    }
    IndexedFolder indexed() { return {index, inode, look()->uid_validity()}; }

private:
    void on_strand(const std::function<void()>& work) {
        std::promise<void> done;
        asio::post(strand_, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    std::chrono::system_clock::time_point now() const { return std::chrono::system_clock::now() + clock_is_off_; }

    asio::thread_pool pool_{2};
    std::shared_ptr<index::Alarm> alarm_ = index::Alarm::start();

public:
    std::shared_ptr<index::Index> index;
    std::uint64_t inode = 0;

private:
    std::chrono::seconds clock_is_off_;
    PoolStrand strand_;
    std::shared_ptr<Folder> folder_;
};

/// A folder with messages "1:2,", "2:2,", ... whose UIDs are their numbers.
struct Site {
    explicit Site(int messages = 3) {
        for (int number = 1; number <= messages; ++number) {
            add(number);
        }
    }
    void add(int number) const { maildir.put("cur/" + name(number)); }
    void rename(int number, const std::string& before, const std::string& after) const {
        fs::rename(maildir.root / ("cur/" + name(number) + before), maildir.root / ("cur/" + name(number) + after));
    }
    static std::string name(int number) { return std::to_string(1'000'000 + number) + ".host:2,"; }
    fs::path index() const { return maildir.root / "postrider-index"; }

    Maildir maildir;
};

FlagChange change(Uid uid, FlagOperation operation, Flags flags, std::vector<std::string> keywords = {}) {
    return {{uid}, operation, flags, std::move(keywords)};
}

constexpr auto add = FlagOperation::add;
constexpr auto remove = FlagOperation::remove;

ModSeq mod_seq(const SnapshotPtr& snapshot, std::uint32_t uid) {
    return snapshot->find(Uid(uid))->mod_seq;
}

/// Three lives' beginning: messages 1 to 3, each with a MODSEQ of its own; 3 has a keyword, 2 the highest.
SnapshotPtr first_life(const Site& site) {
    Life life(site.maildir);
    life.look();
    life.store(change(Uid(3), add, {}, {"Work", "$Label1"}));
    life.store(change(Uid(2), add, Flag::flagged));
    return life.look();
}

TEST_CASE("MODSEQs stay over a restart, and nothing is written for that") {
    const Site site;
    const auto before = first_life(site);
    const auto written = fs::last_write_time(site.index() / "data");
    for (int restart = 0; restart < 2; ++restart) {
        Life life(site.maildir);
        const auto after = life.look();
        CHECK(after->mod_seq() == before->mod_seq());
        for (const std::uint32_t uid : {1, 2, 3}) {
            CHECK(mod_seq(after, uid) == mod_seq(before, uid));
        }
    }
    CHECK(mod_seq(before, 1) < mod_seq(before, 3));
    CHECK(mod_seq(before, 3) < mod_seq(before, 2));
    CHECK(fs::last_write_time(site.index() / "data") == written);
}

TEST_CASE("what another program changed meanwhile gets a new MODSEQ, the rest keeps its own") {
    const Site site;
    const auto before = first_life(site);
    SECTION("flags") {
        site.rename(1, "", "S");
    }
    SECTION("keywords") {
        site.maildir.put("courierimapkeywords/" + std::string(maildir::base_of(Site::name(1))), "Other\n");
    }
    Life life(site.maildir);
    const auto after = life.look();
    CHECK(mod_seq(after, 1) > before->mod_seq());
    CHECK(mod_seq(after, 1) == after->mod_seq());
    CHECK(mod_seq(after, 2) == mod_seq(before, 2));
    CHECK(mod_seq(after, 3) == mod_seq(before, 3));
}

TEST_CASE("what came or went meanwhile raises the folder's, and what came is new") {
    const Site site;
    const auto before = first_life(site);
    SECTION("came") {
        site.add(4);
        Life life(site.maildir);
        const auto after = life.look();
        CHECK(mod_seq(after, 4) > before->mod_seq());
        CHECK(mod_seq(after, 2) == mod_seq(before, 2));
    }
    SECTION("went") {
        fs::remove(site.maildir.root / ("cur/" + Site::name(1)));
        Life life(site.maildir);
        const auto after = life.look();
        CHECK(after->mod_seq() > before->mod_seq());
        CHECK(mod_seq(after, 2) == mod_seq(before, 2));
    }
    SECTION("one came, one went") {
        site.add(4);
        fs::remove(site.maildir.root / ("cur/" + Site::name(1)));
        Life life(site.maildir);
        CHECK(life.look()->mod_seq() > before->mod_seq());
    }
}

TEST_CASE("the highest MODSEQ does not go with its message") {
    const Site site;
    ModSeq highest;
    {
        Life life(site.maildir);
        life.look();
        life.store(change(Uid(2), add, Flag::deleted));
        life.expunge();
        highest = life.look()->mod_seq();
    }
    Life life(site.maildir, -1h);
    CHECK(life.look()->mod_seq() == highest);
}

TEST_CASE("a clock that was set back lets no MODSEQ fall") {
    const Site site;
    const auto before = first_life(site);
    site.rename(1, "", "S");
    {
        Life life(site.maildir, -1h);
        const auto after = life.look();
        CHECK(mod_seq(after, 1) > before->mod_seq());
        life.store(change(Uid(1), remove, Flag::seen));
        CHECK(mod_seq(life.look(), 1) > after->mod_seq());
        CHECK(mod_seq(after, 2) == mod_seq(before, 2));
    }
    // Not even without an index: the folder's own times tell of the last change.
    ModSeq last;
    {
        Life life(site.maildir);
        life.look();
        life.store(change(Uid(1), add, Flag::answered));
        last = life.look()->mod_seq();
    }
    fs::remove_all(site.index());
    Life life(site.maildir, -1h);
    const auto anew = life.look();
    for (const std::uint32_t uid : {1, 2, 3}) {
        CHECK(mod_seq(anew, uid) > last);
    }
}

TEST_CASE("a process that was killed leaves no MODSEQ that is older than one it told") {
    const Site site;
    first_life(site);
    ModSeq told;
    const fs::path copy = site.maildir.root / "copy";
    {
        Life life(site.maildir);
        life.look();
        // Back to what the index knows: flags alone do not show that something was told.
        life.store(change(Uid(1), add, Flag::seen));
        life.store(change(Uid(1), remove, Flag::seen));
        told = life.look()->mod_seq();
        fs::copy(site.index(), copy);
    }
    for (const auto& file : fs::directory_iterator(copy)) {  // into the same files: others would not be believed
        fs::copy_file(file, site.index() / file.path().filename(), fs::copy_options::overwrite_existing);
    }
    Life life(site.maildir);
    const auto after = life.look();
    for (const std::uint32_t uid : {1, 2, 3}) {
        CHECK(mod_seq(after, uid) > told);
    }
}

TEST_CASE("what was kept before the machine was started is not believed") {
    const Site site;
    const auto before = first_life(site);
    {
        Life life(site.maildir);
        auto states = life.indexed().states();
        REQUIRE(states);
        states->folder.boot -= 1h;
        life.indexed().keep(states->folder, {}, {});
    }
    Life life(site.maildir);
    CHECK(mod_seq(life.look(), 1) > before->mod_seq());
}

TEST_CASE("two processes at a time keep nothing that a third would believe") {
    const Site site;
    const auto before = first_life(site);
    ModSeq told;
    {
        Life one(site.maildir);
        one.look();
        Life two(site.maildir);
        two.look();
        two.store(change(Uid(1), add, Flag::seen));
        two.store(change(Uid(1), remove, Flag::seen));
        told = two.look()->mod_seq();
        two.end();
        SECTION("the first one told nothing") {}
        SECTION("the first one goes on, and a third one comes") {
            Life three(site.maildir);
            three.look();
            one.store(change(Uid(2), add, Flag::seen));
            one.store(change(Uid(2), remove, Flag::seen));
            told = one.look()->mod_seq();
        }
    }
    Life life(site.maildir);
    const auto after = life.look();
    CHECK(mod_seq(after, 1) > told);
    CHECK(mod_seq(after, 2) > told);
}

TEST_CASE("an index that was lost under way gets all states again") {
    const Site site(300);
    SnapshotPtr before;
    {
        Life life(site.maildir);
        life.look();
        life.settle();
        fs::remove(site.index() / "data");
        life.store(change(Uid(300), add, Flag::seen));
        life.settle();
        before = life.look();
    }
    Life life(site.maildir);
    const auto after = life.look();
    for (const std::uint32_t uid : {1, 2, 300}) {
        CHECK(mod_seq(after, uid) == mod_seq(before, uid));
    }
}

TEST_CASE("a change rewrites its block only, and blocks without messages go") {
    const Site site(600);
    {
        Life life(site.maildir);
        life.look();
        life.settle();
        const auto all = life.indexed().states();
        REQUIRE(all);
        CHECK(all->messages.size() == 600);
        life.store(change(Uid(300), add, Flag::seen));
        life.settle();
        const auto states = life.indexed().states();
        const auto risen = std::ranges::count_if(
            states->messages, [&](const StateFacts& state) { return state.mod_seq > all->folder.highest; });
        CHECK(risen == 1);
        CHECK(states->messages[299].mod_seq == states->folder.highest);
    }
    for (int number = 1; number <= 256; ++number) {
        fs::remove(site.maildir.root / ("cur/" + Site::name(number)));
    }
    Life life(site.maildir);
    life.look();
    life.settle();
    CHECK(life.indexed().states()->messages.front().uid == Uid(257));
}

TEST_CASE("a copy has a save date of its own, and keeps it; what was there before the index has none") {
    const Site site;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (int restart = 0; restart < 2; ++restart) {
        Life life(site.maildir);
        const auto snapshot = life.look();
        if (restart == 0) {
            site.add(4);
        }
        const auto newest = life.look();
        auto look = life.indexed().look();
        CHECK_FALSE(look.saved(*newest->find(Uid(1))));
        const auto saved = look.saved(*newest->find(Uid(4)));
        REQUIRE(saved);
        CHECK(*saved >= now);
        CHECK(*saved <= now + 60s);
    }
}

}  // namespace
}  // namespace postrider::store
