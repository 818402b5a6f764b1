// Accounts: who is let in, and what sessions of one Maildir share.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "auth/temp_folder.hpp"
#include "store/user.hpp"
#include "support/catch.hpp"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;

struct Site {
    explicit Site(Settings settings = {}) : store(pool, std::move(settings)) { make(maildir); }

    static void make(const fs::path& folder) {
        for (const char* name : {"cur", "new", "tmp"}) {
            fs::create_directories(folder / name);
        }
    }

    template <class T>
    T run(Task<T> task) {
        auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
        loop.restart();
        loop.run();
        return done.get();
    }

    Result<std::shared_ptr<User>> open(std::string path, std::string home = {}) {
        return run(store.open(std::move(path), std::move(home)));
    }

    std::shared_ptr<User> user() {
        auto opened = open(maildir);
        REQUIRE(opened.has_value());
        return *opened;
    }

    void deliver(const std::string& name, const std::string& text = "Subject: x\n\ntext\n") const {
        folder.write("Maildir/tmp/" + name, text);
        fs::rename(folder / ("Maildir/tmp/" + name), folder / ("Maildir/new/" + name));
    }

    TempFolder folder;
    std::string maildir = folder / "Maildir";
    asio::io_context loop;
    asio::thread_pool pool{2};
    Store store;
};

bool is_empty(const fs::path& folder) {
    return fs::directory_iterator(folder) == fs::directory_iterator();
}

TEST_CASE("sessions of one Maildir share its account, by whatever path they come") {
    Site site;
    const auto first = site.user();
    fs::create_directory_symlink(site.maildir, site.folder / "link");
    const auto second = site.open(site.folder / "link");
    REQUIRE(second.has_value());
    CHECK(first == *second);
    Site::make(site.folder / "Other");
    const auto other = site.open(site.folder / "Other");
    REQUIRE(other.has_value());
    CHECK(first != *other);
}

TEST_CASE("new settings reach an account when the last session on it has ended") {
    Site site;
    auto user = site.user();
    REQUIRE(site.run(user->select("INBOX", Access::read_write)).has_value());  // stays warm
    site.store.set_settings({.trash = "Bin"});
    CHECK(site.user()->settings().trash == "Trash");
    user.reset();
    const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (site.user()->settings().trash != "Bin") {
        REQUIRE(std::chrono::steady_clock::now() < last);
    }
}

TEST_CASE("a Maildir that is not there, or is a file") {
    Site site;
    CHECK(site.open(site.folder / "None").error().code == Code::no_such_mailbox);
    CHECK(site.open(site.folder.write("file", "text")).error().code == Code::no_such_mailbox);
}

TEST_CASE("a home with the sticky bit locks the account") {
    Site site;
    REQUIRE(::chmod(site.folder.path().c_str(), 01700) == 0);
    CHECK(site.open(site.maildir, site.folder.path()).error().code == Code::in_use);
    CHECK(site.open(site.maildir).has_value());
    REQUIRE(::chmod(site.folder.path().c_str(), 0700) == 0);
    CHECK(site.open(site.maildir, site.folder.path()).has_value());
}

TEST_CASE("a Maildir of another owner is refused, unless the check is off") {
    if (::geteuid() != 0) {
        SUCCEED("only root can give a folder away");
        return;
    }
    Site site;
    REQUIRE(::chown(site.maildir.c_str(), 12345, 12345) == 0);
    CHECK(site.open(site.maildir).error().code == Code::wrong_owner);
    Settings settings;
    settings.check_owner = false;
    site.store.set_settings(settings);
    CHECK(site.open(site.maildir).has_value());
}

TEST_CASE("an upload that is not finished leaves nothing") {
    Site site;
    const auto user = site.user();
    {
        auto upload = site.run(user->begin_append("INBOX"));
        REQUIRE(upload.has_value());
        const auto written = site.run((*upload)->write("Subject: half"));
        REQUIRE(written.has_value());
        CHECK_FALSE(is_empty(site.folder / "Maildir/tmp"));
    }
    CHECK(is_empty(site.folder / "Maildir/tmp"));
    CHECK(is_empty(site.folder / "Maildir/cur"));
    CHECK(is_empty(site.folder / "Maildir/new"));
}

TEST_CASE("an upload is there with its flags, keywords and date when it gives its UID") {
    Site site;
    const auto user = site.user();
    auto upload = site.run(user->begin_append("INBOX"));
    REQUIRE(upload.has_value());
    REQUIRE(site.run((*upload)->write("Subject: x\r\n\r")).has_value());
    REQUIRE(site.run((*upload)->write("\ntext\r\n")).has_value());
    const std::chrono::sys_seconds date(std::chrono::seconds(1'000'000'000));
    const auto stored = site.run((*upload)->finish(Flag::seen | Flag::draft, {"Work"}, date));
    REQUIRE(stored.has_value());
    const auto mailbox = site.run(user->select("INBOX", Access::read_only));
    REQUIRE(mailbox.has_value());
    const View& view = *(*mailbox)->view();
    REQUIRE(view.size() == 1);
    CHECK(view.at(SeqNum(1)).uid == stored->uid);
    CHECK(view.at(SeqNum(1)).flags == (Flag::seen | Flag::draft));
    CHECK(view.snapshot().keyword_table() == KeywordTable{"Work"});
    CHECK(view.recent_count() == 0);
    auto reader = (*mailbox)->open(view.at(SeqNum(1)));
    REQUIRE(reader.has_value());
    CHECK(reader->internal_date() == date);
    std::string room;
    const auto text = reader->read(0, 1000, room);
    REQUIRE(text.has_value());
    CHECK(text->find("Subject: x") == 0);
    const auto extent = reader->extent(0, reader->size());
    REQUIRE(extent.has_value());
    CHECK(extent->wire_size() == 20);
}

TEST_CASE("a mailbox tells its listener of changes until it is told to stop") {
    Site site;
    const auto user = site.user();
    const auto watcher = site.run(user->select("INBOX", Access::read_write));
    const auto worker = site.run(user->select("INBOX", Access::read_write));
    REQUIRE(watcher.has_value());
    REQUIRE(worker.has_value());
    std::atomic<int> calls = 0;
    (*watcher)->on_change([&] { ++calls; });
    site.deliver("1.first.host");
    REQUIRE(site.run((*worker)->sync(Expunges::may_send)).has_value());
    CHECK(calls >= 1);  // the system may tell of the delivery, and of its acceptance, as well
    const auto nothing = site.run((*worker)->sync(Expunges::may_send));
    REQUIRE(nothing.has_value());
    CHECK(*nothing == Changes{});
    const auto known = (*watcher)->catch_up(Expunges::may_send);
    CHECK(known.counts);
    CHECK((*watcher)->view()->size() == 1);
    (*watcher)->on_change({});
    const int until_now = calls;
    site.deliver("2.second.host");
    REQUIRE(site.run((*worker)->sync(Expunges::may_send)).has_value());
    CHECK(calls == until_now);
}

TEST_CASE("a folder that is deleted is gone for its sessions, and made anew it is another one") {
    Site site;
    const auto user = site.user();
    REQUIRE(site.run(user->create("INBOX.Work")).has_value());
    const auto old = site.run(user->select("INBOX.Work", Access::read_write));
    REQUIRE(old.has_value());
    REQUIRE(site.run(user->remove("INBOX.Work")).has_value());
    REQUIRE(site.run(user->create("INBOX.Work")).has_value());
    const auto synced = site.run((*old)->sync(Expunges::may_send));
    REQUIRE_FALSE(synced.has_value());
    CHECK(synced.error().code == Code::no_such_mailbox);
    const auto fresh = site.run(user->select("INBOX.Work", Access::read_write));
    REQUIRE(fresh.has_value());
    CHECK((*fresh)->view()->snapshot().uid_validity() != (*old)->view()->snapshot().uid_validity());
}

TEST_CASE("copies are all made or none") {
    Site site;
    const auto user = site.user();
    REQUIRE(site.run(user->create("INBOX.To")).has_value());
    site.deliver("1.first.host");
    site.deliver("2.second.host");
    const auto inbox = site.run(user->select("INBOX", Access::read_write));
    REQUIRE(inbox.has_value());
    const auto failed = site.run((*inbox)->copy({Uid(1), Uid(9)}, "INBOX.To"));
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == Code::expunged);
    CHECK(is_empty(site.folder / "Maildir/.To/cur"));
    CHECK(is_empty(site.folder / "Maildir/.To/tmp"));
    const auto copied = site.run((*inbox)->copy({Uid(1), Uid(2)}, "INBOX.To"));
    REQUIRE(copied.has_value());
    CHECK(copied->source == std::vector{Uid(1), Uid(2)});
    CHECK(copied->target == std::vector{Uid(1), Uid(2)});
    CHECK(site.run((*inbox)->copy({Uid(1)}, "INBOX.None")).error().code == Code::no_such_mailbox);
    const auto none = site.run((*inbox)->copy({}, "INBOX.To"));
    REQUIRE(none.has_value());
    CHECK(none->source.empty());
}

TEST_CASE("a mailbox opened read-only is not expunged") {
    Site site;
    const auto user = site.user();
    const auto mailbox = site.run(user->select("INBOX", Access::read_only));
    REQUIRE(mailbox.has_value());
    CHECK(site.run((*mailbox)->expunge(std::nullopt)).error().code == Code::not_permitted);
}

TEST_CASE("folders are emptied of what is older than the settings say") {
    Settings settings;
    settings.empty_trash = {{"INBOX.Trash", std::chrono::hours(48)}, {"INBOX.None", std::chrono::hours(1)}};
    Site site(settings);
    const auto user = site.user();
    REQUIRE(site.run(user->create("INBOX.Trash")).has_value());
    site.folder.write("Maildir/.Trash/cur/1.a:2,S", "text\n");
    site.folder.write("Maildir/cur/1.a:2,S", "text\n");
    const auto emptied_after = [&](std::chrono::hours age) {
        auto done =
            asio::co_spawn(site.loop, user->empty_trash(std::chrono::system_clock::now() + age), asio::use_future);
        site.loop.restart();
        site.loop.run();
        done.get();
        return is_empty(site.folder / "Maildir/.Trash/cur");
    };
    CHECK_FALSE(emptied_after(std::chrono::hours(47)));
    CHECK(emptied_after(std::chrono::hours(49)));
    CHECK_FALSE(is_empty(site.folder / "Maildir/cur"));
}

TEST_CASE("a store that has let go has all that was told in the index, for the next one") {
    Site site;
    site.deliver("1.first.host");
    site.deliver("2.second.host");
    ModSeq highest;
    ModSeq first;
    {
        const auto mailbox = site.run(site.user()->select("INBOX", Access::read_write));
        REQUIRE(mailbox.has_value());
        REQUIRE(site.run((*mailbox)->store_flags({{Uid(2)}, FlagOperation::add, Flag::seen, {}})).has_value());
        (*mailbox)->news(Expunges::may_send).value();
        highest = (*mailbox)->view()->snapshot().mod_seq();
        first = (*mailbox)->view()->at(SeqNum(1)).mod_seq;
    }
    CHECK_FALSE(site.store.is_at_rest());
    site.store.let_go();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!site.store.is_at_rest() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    REQUIRE(site.store.is_at_rest());
    Store next(site.pool, {});
    const auto user = site.run(next.open(site.maildir, {}));
    REQUIRE(user.has_value());
    const auto mailbox = site.run((*user)->select("INBOX", Access::read_write));
    REQUIRE(mailbox.has_value());
    const Snapshot& after = (*mailbox)->view()->snapshot();
    CHECK(after.mod_seq() == highest);
    CHECK(after.find(Uid(1))->mod_seq == first);
    CHECK(after.find(Uid(2))->mod_seq == highest);
    CHECK(first < highest);
}

TEST_CASE("a copy is saved when it was made, whatever its internal date; RENAME keeps that") {
    Site site;
    const auto user = site.user();
    const auto begin = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    REQUIRE(site.run(user->create("INBOX.To")).has_value());
    site.deliver("1.first.host");
    const auto inbox = site.run(user->select("INBOX", Access::read_write));
    REQUIRE(inbox.has_value());
    REQUIRE(site.run((*inbox)->copy({Uid(1)}, "INBOX.To")).has_value());
    CHECK_FALSE((*inbox)->look().saved((*inbox)->view()->at(SeqNum(1))));
    for (const char* name : {"INBOX.To", "INBOX.Other"}) {
        const auto mailbox = site.run(user->select(name, Access::read_write));
        REQUIRE(mailbox.has_value());
        const auto saved = (*mailbox)->look().saved((*mailbox)->view()->at(SeqNum(1)));
        REQUIRE(saved);
        CHECK(*saved >= begin);
        (void)site.run(user->rename("INBOX.To", "INBOX.Other"));
    }
}

}  // namespace
}  // namespace postrider::store
