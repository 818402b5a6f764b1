#include "store/maildir/folder_tree.hpp"

#include <sys/stat.h>

#include "core/limits.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr auto durable = Durability::durable;
using Renames = std::vector<std::pair<std::string, std::string>>;

void create(const Maildir& maildir, const std::string& name) {
    create_folder(maildir.fd(), name, durable).value();
}

Result<void> remove(const Maildir& maildir, const std::string& name) {
    return delete_folder(maildir.fd(), name, host, durable);
}

Result<Renames> rename(const Maildir& maildir, const std::string& from, const std::string& to) {
    return rename_folder(maildir.fd(), from, to, durable);
}

mode_t mode_of(const Maildir& maildir, const std::string& name) {
    struct stat status {};
    ::lstat((maildir.root / name).c_str(), &status);
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a folder is made with Courier's modes, whatever the umask") {
    const Maildir maildir;
    const mode_t before = ::umask(0777);
    const auto made = create_folder(maildir.fd(), ".a.b", durable);
    ::umask(before);
    REQUIRE(ok(made));
    CHECK(maildir.names(".a.b") == Names{"cur", "maildirfolder", "new", "tmp"});
    for (const char* part : {".a.b", ".a.b/cur", ".a.b/new", ".a.b/tmp"}) {
        CHECK(mode_of(maildir, part) == 0700);
    }
    CHECK(mode_of(maildir, ".a.b/maildirfolder") == 0600);
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("a folder that cannot be made leaves nothing") {
    const Maildir maildir;
    maildir.put(".file");
    fs::create_directory(maildir.root / ".directory");
    fs::create_symlink("nowhere", maildir.root / ".link");
    for (const char* name : {".file", ".directory", ".link"}) {
        CHECK(create_folder(maildir.fd(), name, durable).error().code == Code::already_exists);
    }
    CHECK(create_folder(maildir.fd(), "." + std::string(300, 'x'), durable).error().code == Code::invalid_name);
    CHECK(maildir.names("tmp").empty());
    CHECK(maildir.names(".directory").empty());
}

TEST_CASE("folders are what has a cur/, sorted") {
    const Maildir maildir;
    create(maildir, ".b");
    create(maildir, ".a.c");
    fs::create_directory_symlink(".b", maildir.root / ".shared");
    fs::create_directory_symlink("/", maildir.root / ".root");
    fs::create_directory(maildir.root / ".git");
    fs::create_directory(maildir.root / "nodot");
    fs::create_directory(maildir.root / "nodot/cur");
    maildir.put(".mailfilter");
    CHECK(list_folders(maildir.fd()).value() == Names{".", ".a.c", ".b", ".shared"});
}

TEST_CASE("a folder is deleted with all its files, and nothing besides") {
    const Maildir maildir;
    create(maildir, ".a");
    create(maildir, ".a.b");
    maildir.put(".a/cur/1:2,");
    maildir.put(".a/.hidden");
    fs::create_directories(maildir.root / ".a/courierimapkeywords/deep/er");
    maildir.put(".a/courierimapkeywords/deep/er/x");
    fs::create_directory_symlink(maildir.root / ".a.b", maildir.root / ".a/link");
    fs::create_directory_symlink(maildir.root / ".a.b/cur", maildir.root / ".a/courierimapkeywords/link");
    maildir.put(".a.b/cur/2:2,");
    CHECK(ok(remove(maildir, ".a")));
    CHECK_FALSE(maildir.has(".a"));
    CHECK(maildir.names("tmp").empty());
    CHECK(maildir.names(".a.b/cur") == Names{"2:2,"});
}

TEST_CASE("what is no folder is not deleted") {
    const Maildir maildir;
    fs::create_directory(maildir.root / ".git");
    maildir.put(".git/config");
    maildir.put(".file");
    for (const char* name : {".git", ".file", ".none"}) {
        CHECK(remove(maildir, name).error().code == Code::no_such_mailbox);
    }
    CHECK(maildir.has(".git/config"));
    CHECK(remove(maildir, ".").error().code == Code::reserved);
}

TEST_CASE("of a linked folder the link is deleted") {
    const Maildir maildir;
    create(maildir, ".a");
    fs::create_directory_symlink(".a", maildir.root / ".link");
    CHECK(ok(remove(maildir, ".link")));
    CHECK_FALSE(maildir.has(".link"));
    CHECK(maildir.has(".a/cur"));
}

TEST_CASE("a tree too deep for a folder stays in tmp/, the folder is gone") {
    const Maildir maildir;
    create(maildir, ".a");
    fs::create_directories(maildir.root / ".a/1/2/3/4/5/6/7/8/9/10/11/12");
    CHECK(ok(remove(maildir, ".a")));
    CHECK_FALSE(maildir.has(".a"));
    CHECK(maildir.names("tmp").size() == 1);
}

TEST_CASE("a folder is renamed with those below it") {
    const Maildir maildir;
    for (const char* name : {".a", ".a.x", ".a.x.y", ".ab", ".b"}) {
        create(maildir, name);
    }
    maildir.put(".a.x/cur/1:2,");
    CHECK(rename(maildir, ".a", ".c.d").value() == Renames{{".a", ".c.d"}, {".a.x", ".c.d.x"}, {".a.x.y", ".c.d.x.y"}});
    CHECK(list_folders(maildir.fd()).value() == Names{".", ".ab", ".b", ".c.d", ".c.d.x", ".c.d.x.y"});
    CHECK(maildir.has(".c.d.x/cur/1:2,"));
    CHECK(rename(maildir, ".c.d.x", ".c").value() == Renames{{".c.d.x", ".c"}, {".c.d.x.y", ".c.y"}});
    CHECK(rename(maildir, ".c.d", ".").error().code == Code::reserved);
    CHECK(rename(maildir, ".", ".z").error().code == Code::reserved);
}

TEST_CASE("a level without a directory is renamed through what stands below it") {
    const Maildir maildir;
    create(maildir, ".a.x");
    CHECK(rename(maildir, ".a", ".b").value() == Renames{{".a.x", ".b.x"}});
    CHECK(rename(maildir, ".a", ".b").error().code == Code::no_such_mailbox);
}

TEST_CASE("all folders are renamed or none") {
    const Maildir maildir;
    for (const char* name : {".a", ".a.x", ".a.y"}) {
        create(maildir, name);
    }
    const auto before = list_folders(maildir.fd()).value();
    maildir.put(".b.y");
    CHECK(rename(maildir, ".a", ".b").error().code == Code::already_exists);
    CHECK(rename(maildir, ".a", ".a").error().code == Code::already_exists);
    CHECK(rename(maildir, ".a", ".a.z").error().code == Code::invalid_name);
    CHECK(rename(maildir, ".a", "." + std::string(limits::mailbox_name_bytes - 7, 'x')).error().code ==
          Code::invalid_name);
    CHECK(list_folders(maildir.fd()).value() == before);
    CHECK(ok(rename(maildir, ".a", "." + std::string(limits::mailbox_name_bytes - 8, 'x'))));
}

TEST_CASE("unseen messages are found in new/ and cur/") {
    const Maildir maildir;
    CHECK_FALSE(has_unseen(maildir.fd(), "."));
    maildir.put("cur/1.a:2,S");
    maildir.put("cur/.hidden");
    CHECK_FALSE(has_unseen(maildir.fd(), "."));
    maildir.put("cur/2.a:2,F");
    CHECK(has_unseen(maildir.fd(), "."));
    fs::remove(maildir.root / "cur/2.a:2,F");
    maildir.put("new/3.a");
    CHECK(has_unseen(maildir.fd(), "."));
    CHECK_FALSE(has_unseen(maildir.fd(), ".none"));
}
