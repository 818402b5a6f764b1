// What the system tells, followed by name: compared with what a scan by a stranger finds.
#include <functional>

#include "store/maildir/filename.hpp"
#include "store/maildir/fixture.hpp"
#include "store/watch/watcher.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

/// A folder that was scanned once and follows what it is told since.
class Followed {
public:
    explicit Followed(const Maildir& maildir) : folder(maildir.folder()), watcher_(Watcher::start()) {
        folder.scan(now()).value();  // makes the keywords' directory
        const auto keywords = folder.keyword_folder();
        watch_ = watcher_->watch(folder.watched(keywords), {});
        news();
        folder.scan(now()).value();
    }

    WatchNews news() { return watch_->take_news(); }

    /// False: a scan is needed.
    bool follow() {
        if (!folder.follow(news().events) || folder.has_lost_names()) {
            return false;
        }
        return !folder.has_arrivals() || folder.accept([this] { return news(); }, now()).value();
    }

    Progress progress() {
        REQUIRE(follow());
        REQUIRE_FALSE(folder.needs_scan());
        return folder.take_progress();
    }

    FolderFiles folder;

private:
    std::shared_ptr<Watcher> watcher_;
    std::unique_ptr<Watcher::Watch> watch_;
};

void move(const Maildir& maildir, const std::string& from, const std::string& to) {
    fs::rename(maildir.root / from, maildir.root / to);
}

Names names_of(const std::vector<NamedMessage>& messages) {
    Names names;
    for (const auto& message : messages) {
        names.push_back(std::to_string(message.uid.value()) + " " + message.name);
    }
    return names;
}

}  // namespace

TEST_CASE("another program's flags, removals and deliveries are followed by name") {
    const Maildir maildir;
    for (const char* name : {"cur/1.a:2,", "cur/2.b:2,", "cur/3.c:2,"}) {
        maildir.put(name);
    }
    Followed followed(maildir);
    CHECK(followed.progress().empty());

    move(maildir, "cur/1.a:2,", "cur/1.a:2,S");
    move(maildir, "cur/1.a:2,S", "cur/1.a:2,FS");
    fs::remove(maildir.root / "cur/2.b:2,");
    maildir.put("tmp/9.z");
    move(maildir, "tmp/9.z", "new/9.z");
    maildir.put("new/5.e:2,T");
    const auto progress = followed.progress();
    CHECK(names_of(progress.renamed) == Names{"1 1.a:2,FS"});
    CHECK(progress.gone == std::vector{Uid(2)});
    CHECK(names_of(progress.arrived) == Names{"4 5.e:2,T", "5 9.z:2,"});
    CHECK(progress.recent == std::vector{Uid(4), Uid(5)});
    CHECK(progress.uid_next == Uid(6));
    CHECK(followed.progress().empty());  // what we moved ourselves is no news

    auto foreign = maildir.folder();
    const auto stranger = foreign.scan(now()).value();
    CHECK(uids_of(stranger) == Numbers{1, 3, 4, 5});
    CHECK(stranger.recent.empty());
}

TEST_CASE("our own changes are no news") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,T");
    Followed followed(maildir);
    auto& folder = followed.folder;
    const auto seen = folder.change_flags("1.a:2,", Flag::seen, {}).value();
    CHECK(folder.change_flags(seen, {}, Flag::seen).value() == "1.a:2,");  // and back: told twice, nothing is left
    folder.remove("2.b:2,T").value();
    std::vector<Delivery> one;
    one.push_back(delivery(folder));
    one.back().keywords = {"x"};
    CHECK(folder.deliver(one, now()).value() == std::vector{Uid(3)});
    CHECK(names_of(folder.take_progress().arrived).size() == 1);
    const auto progress = followed.progress();
    CHECK(progress.empty());
    CHECK(uids_of(folder.scan(now()).value()) == Numbers{1, 3});
}

TEST_CASE("what was told before a change of ours does not undo it") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    Followed followed(maildir);
    move(maildir, "cur/1.a:2,", "cur/1.a:2,F");
    maildir.put("new/2.b");
    REQUIRE(followed.follow());  // as in the middle of a long STORE
    CHECK(followed.folder.change_flags("1.a:2,", Flag::seen, {}).value() == "1.a:2,FS");
    CHECK(followed.folder.change_flags("2.b:2,", Flag::answered, {}).value() == "2.b:2,R");
    const auto progress = followed.progress();
    CHECK(names_of(progress.renamed) == Names{"1 1.a:2,FS"});
    CHECK(names_of(progress.arrived) == Names{"2 2.b:2,R"});
}

TEST_CASE("a message that comes back after its removal gets another UID, for every program") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    Followed followed(maildir);
    SECTION("removed by us") {
        followed.folder.remove("1.a:2,").value();
    }
    SECTION("removed by another program") {
        fs::remove(maildir.root / "cur/1.a:2,");
        CHECK(followed.progress().gone == std::vector{Uid(1)});
    }
    maildir.put("new/1.a");
    CHECK(names_of(followed.progress().arrived) == Names{"3 1.a:2,"});
    CHECK(uids_of(maildir.folder().scan(now()).value()) == Numbers{2, 3});
}

TEST_CASE("keywords are followed by the update files") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    Followed followed(maildir);
    auto other = maildir.folder();
    other.scan(now()).value();
    other.set_keywords("2.b", {"todo", "$Junk"}).value();
    using Sets = std::vector<std::pair<Uid, std::vector<std::string>>>;
    CHECK(followed.progress().keywords == Sets{{Uid(2), {"todo", "$Junk"}}});
    SECTION("folded by another program before we look: it takes a scan") {
        other.set_keywords("1.a", {"x"}).value();
        other.scan(now()).value();
        CHECK_FALSE(followed.follow());
        CHECK(followed.folder.scan(now()).value().keywords == KeywordMap{{"1.a", {"x"}}, {"2.b", {"todo", "$Junk"}}});
    }
    SECTION("taken away") {
        other.scan(now()).value();  // folds the first
        followed.folder.scan(now()).value();
        other.set_keywords("2.b", {}).value();
        CHECK(followed.progress().keywords == Sets{{Uid(2), {}}});
        CHECK(followed.folder.scan(now()).value().keywords.empty());
    }
}

TEST_CASE("where names do not suffice a scan is asked for") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    maildir.put("cur/2.b:2,");
    Followed followed(maildir);
    SECTION("a message went elsewhere") {
        move(maildir, "cur/1.a:2,", "tmp/1.a");
        CHECK_FALSE(followed.follow());
        CHECK(uids_of(followed.folder.scan(now()).value()) == Numbers{2});
    }
    SECTION("one of two names of a message goes") {
        fs::create_hard_link(maildir.root / "cur/1.a:2,", maildir.root / "cur/1.a:2,S");
        CHECK(names_of(followed.progress().renamed) == Names{"1 1.a:2,S"});
        fs::remove(maildir.root / "cur/1.a:2,S");
        CHECK_FALSE(followed.follow());
        CHECK(uids_of(followed.folder.scan(now()).value()) == Numbers{1, 2});
    }
    SECTION("another program wrote the map") {
        maildir.put("tmp/x", "1 7 10\n8 1.a\n9 2.b\n");
        move(maildir, "tmp/x", "courierimapuiddb");
        CHECK_FALSE(followed.follow());
    }
    SECTION("the map is gone") {
        fs::remove(maildir.root / "courierimapuiddb");
        CHECK_FALSE(followed.follow());
    }
    SECTION("cur/ is another one") {
        move(maildir, "cur", "old");
        fs::create_directory(maildir.root / "cur");
        const auto news = followed.news();
        CHECK((news.doubt || !followed.folder.follow(news.events)));
    }
    SECTION("the keyword list was written by hand") {
        maildir.put("tmp/l", "x\n\n1.a:0\n");
        move(maildir, "tmp/l", "courierimapkeywords/:list");
        CHECK_FALSE(followed.follow());
    }
}

TEST_CASE("two processes that give UIDs by turns follow each other without a scan") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    Followed one(maildir);
    Followed two(maildir);
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        auto& giver = round % 3 == 0 ? one : two;
        auto& other = round % 3 == 0 ? two : one;
        if (round % 2 == 0) {
            maildir.put("new/" + std::to_string(1000 + round) + ".n");
        } else {
            std::vector<Delivery> delivered;
            delivered.push_back(delivery(giver.folder));
            giver.folder.deliver(delivered, now()).value();
        }
        const auto given = giver.follow() && !giver.folder.needs_scan() ? giver.folder.take_progress() : Progress{};
        const auto seen = other.follow() && !other.folder.needs_scan() ? other.folder.take_progress() : Progress{};
        if (round == 7) {
            continue;  // the list's header grows from "9" to "10": it is written anew, which takes a scan
        }
        if (given.arrived.empty() || seen.arrived.empty()) {
            one.folder.scan(now()).value();
            two.folder.scan(now()).value();
            CHECK(round >= 7);
            continue;
        }
        CHECK(given.arrived.back().uid == Uid(static_cast<std::uint32_t>(round + 2)));
        CHECK(names_of(given.arrived) == names_of(seen.arrived));
        CHECK(seen.recent.empty());
    }
    CHECK(uids_of(maildir.folder().scan(now()).value()) == Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13});
}

TEST_CASE("a full disk gives no UIDs to what was told, and the next look does") {
    const Maildir maildir;
    maildir.put("cur/1.a:2,");
    Followed followed(maildir);
    maildir.put("new/2.b");
    {
        const FileSizeLimit full(10);
        CHECK_FALSE(followed.follow());
    }
    const auto scan = followed.folder.scan(now()).value();
    CHECK(uids_of(scan).size() == 2);
    CHECK(uids_of(maildir.folder().scan(now()).value()) == uids_of(scan));
}
