// The trash folder: names, a folder made on demand, and what is purged.
#include "store/maildir/trash.hpp"

#include <sys/stat.h>

#include "store/maildir/fixture.hpp"
#include "store/maildir/folder_tree.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;

namespace {

/// A Maildir with messages on their way to the trash.
struct Account {
    Trash trash() const { return Trash::open(maildir.fd(), ".Trash", host, Durability::durable).value(); }
    /// The name in the trash.
    std::string take(Trash& trash, const std::string& name, const std::string& content = "text\n") const {
        maildir.put("cur/" + name, content);
        return trash.take(cur.get(), name).value();
    }

    Maildir maildir;
    Descriptor cur = open_directory(maildir.fd(), "cur").value();
};

}  // namespace

TEST_CASE("a message moves under its own name, without \\Deleted and \\Draft") {
    const Account account;
    auto trash = account.trash();
    CHECK(account.take(trash, "003:2,ATDB") == "003:2,AB");
    CHECK(account.take(trash, "004:2,STa") == "004:2,Sa");
    CHECK(account.take(trash, "005,S=7:2,T") == "005,S=7:2,");
    CHECK(account.take(trash, "006") == "006:2,");
    CHECK(account.take(trash, "007:1:2,FRT", "seven\n") == "007:1:2,FR");
    CHECK(ok(trash.sync()));
    CHECK(account.maildir.names("cur").empty());
    CHECK(account.maildir.names(".Trash/cur") == Names{"003:2,AB", "004:2,Sa", "005,S=7:2,", "006:2,", "007:1:2,FR"});
    CHECK(account.maildir.get(".Trash/cur/007:1:2,FR") == "seven\n");
}

TEST_CASE("a name that the trash has already is left alone") {
    const Account account;
    auto trash = account.trash();
    account.take(trash, "1.a,S=5:2,ST", "first");
    const auto second = account.take(trash, "1.a,S=5:2,SxT", "second");
    const auto third = account.take(trash, "1.a,S=5:2,ST", "third");
    CHECK(second == "1.a,S=5:2,Sx");
    CHECK(third != "1.a,S=5:2,S");
    CHECK(third.ends_with(host + ",S=5:2,S"));
    CHECK(account.maildir.get(".Trash/cur/1.a,S=5:2,S") == "first");
    CHECK(account.maildir.get(".Trash/cur/" + third) == "third");
    CHECK(account.maildir.names("cur").empty());
}

TEST_CASE("the trash folder is made when it is needed, complete") {
    const Account account;
    account.trash();
    for (const char* part : {"cur", "new", "tmp", "maildirfolder"}) {
        CHECK(account.maildir.has(std::string(".Trash/") + part));
    }
    account.trash();
    account.maildir.put(".file");
    CHECK_FALSE(ok(Trash::open(account.maildir.fd(), ".file", host, Durability::durable)));
}

TEST_CASE("a message that is gone is not taken") {
    const Account account;
    auto trash = account.trash();
    CHECK(trash.take(account.cur.get(), "none:2,T").error().code == Code::expunged);
    CHECK(account.maildir.names(".Trash/cur").empty());
    CHECK(account.maildir.names(".Trash/tmp").empty());
}

TEST_CASE("messages whose last change is longer ago are purged") {
    const Maildir maildir;
    maildir.put("cur/1.a,S=10:2,");
    maildir.put("cur/2.a,S=10:2,T");
    maildir.put("cur/.hidden");
    maildir.put("new/3.a,S=7");
    maildir.put("tmp/4.a");
    fs::create_directory(maildir.root / "cur/directory");
    REQUIRE(::mkfifo((maildir.root / "cur/fifo").c_str(), 0600) == 0);
    fs::create_symlink("elsewhere", maildir.root / "cur/5.link,S=1:2,");
    maildir.age("cur/1.a,S=10:2,", 240h);  // the time of the content does not matter
    const auto at = now();
    CHECK((purge(maildir.fd(), 24h, at + 24h - 2s).value() == Usage{}));
    CHECK(maildir.names("cur").size() == 6);
    const auto freed = purge(maildir.fd(), 24h, at + 24h + 2s).value();
    CHECK((freed == Usage{.bytes = 18, .messages = 3}));
    CHECK(maildir.names("cur") == Names{".hidden", "directory", "fifo"});
    CHECK(maildir.names("new").empty());
    CHECK(maildir.names("tmp") == Names{"4.a"});
    CHECK((purge(maildir.fd(), 24h, at + 240h).value() == Usage{}));
    fs::remove_all(maildir.root / "new");
    CHECK(purge(maildir.fd(), 24h, at).error().code == Code::unavailable);
}
