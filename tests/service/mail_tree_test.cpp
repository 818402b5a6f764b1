// Which part of the file system a worker gets. Folders of another user need root; without it they are our own.
#include "service/mail_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "auth/temp_folder.hpp"
#include "service/messages.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;

bool is_root() {
    return ::geteuid() == 0;
}

/// A tree of virtual mailboxes: vmail/example.org/ann/Maildir, which all belong to one user, as little else does.
struct Site {
    Site() {
        make("vmail/example.org/ann/Maildir");
        account.address = "ann@example.org";
        account.uid = owner;
        account.gid = 1013;
        account.home = folder / "vmail/example.org/ann";
    }

    /// A folder of the mail's user, as are all around it below the site's own.
    void make(const std::string& name) const {
        fs::create_directories(folder / name);
        for (fs::path path = name; is_root() && !path.empty(); path = path.parent_path()) {
            REQUIRE(::chown((folder / path.string()).c_str(), owner, 1013) == 0);
        }
    }
    std::string tree(const std::string& maildir) const {
        const auto found = mail_tree_of(account, maildir, settings);
        REQUIRE(found.has_value());
        return found->root;
    }
    /// The highest folder of the mail's user: an ordinary user owns the temporary folder as well, and maybe more.
    bool is_shared_tree(const std::string& root) const {
        return is_root() ? root == folder / "vmail" : folder.path().starts_with(root);
    }

    TempFolder folder;
    uid_t owner = is_root() ? 12345 : ::geteuid();
    auth::Account account;
    RoleSettings settings;
    std::string anns_maildir = folder / "vmail/example.org/ann/Maildir";
};

TEST_CASE("a Maildir below one of MAIL_ROOTS: that root, the first one that holds it") {
    Site site;
    site.settings.mail_roots = {"/srv/mail", "/srv/mail/inner", "/var/vmail"};
    CHECK(site.tree("/srv/mail/ann/Maildir") == "/srv/mail");
    CHECK(site.tree("/srv/mail/inner/ann") == "/srv/mail");
    CHECK(site.tree("/var/vmail") == "/var/vmail");
    CHECK(site.tree("/srv/mail2/ann") == "/srv/mail2/ann");
    CHECK(site.tree("/srv") == "/srv");
    site.settings.mail_roots = {"/"};
    CHECK(site.tree("/srv/mail2/ann") == "/");
    site.settings.mail_roots = {"/srv/mail"};
    site.settings.workers = WorkerShare::session;
    CHECK(site.tree("/srv/mail/ann/Maildir") == "/srv/mail");
}

TEST_CASE("a path is taken for what it means: no way out of a root") {
    Site site;
    site.settings.mail_roots = {"/srv/mail"};
    CHECK(site.tree("/srv/mail/../../etc") == "/etc");
    CHECK(site.tree("/srv/mail/..") == "/srv");
    CHECK(site.tree("/srv/./mail//ann/") == "/srv/mail");
    CHECK(site.tree("/srv/other/ann/.") == "/srv/other/ann");
    CHECK(site.tree("/..") == "/");
}

TEST_CASE("virtual mailboxes of one user share the highest folder that is the user's") {
    Site site;
    CHECK(site.is_shared_tree(site.tree(site.anns_maildir)));
    site.account.home += "/";
    CHECK(site.is_shared_tree(site.tree(site.anns_maildir)));
    site.make("vmail/other.example");
    site.account.home = site.folder / "vmail/other.example/not-made-yet";
    CHECK(site.is_shared_tree(site.tree(site.account.home + "/Maildir")));
}

TEST_CASE("a home that stands alone, or mail outside the tree: the Maildir alone") {
    Site site;
    site.account.home = site.folder / "vmail";
    if (is_root()) {
        CHECK(site.tree(site.folder / "vmail/Maildir") == site.folder / "vmail/Maildir");
    }
    site.account.home = site.folder / "vmail/example.org/ann";
    CHECK(site.tree("/var/mail/ann") == "/var/mail/ann");
    site.account.home.clear();
    CHECK(site.tree(site.anns_maildir) == site.anns_maildir);
    site.account.home = "vmail/example.org/ann";
    CHECK(site.tree(site.anns_maildir) == site.anns_maildir);
}

TEST_CASE("a folder of another user in between ends the tree") {
    Site site;
    site.account.uid = site.owner + 1;
    CHECK(site.tree(site.anns_maildir) == site.anns_maildir);
    if (!is_root()) {
        WARN("skipped: only root can give folders away");
        return;
    }
    site.account.uid = site.owner;
    REQUIRE(::chown((site.folder / "vmail/example.org").c_str(), 0, 0) == 0);
    CHECK(site.tree(site.anns_maildir) == site.anns_maildir);
}

TEST_CASE("other than one worker a uid: the Maildir alone") {
    Site site;
    for (const WorkerShare share : {WorkerShare::account, WorkerShare::session}) {
        site.settings.workers = share;
        CHECK(site.tree(site.anns_maildir) == site.anns_maildir);
    }
}

TEST_CASE("whether the tree is a folder now") {
    Site site;
    site.settings.workers = WorkerShare::account;
    const auto is_there = [&](const std::string& maildir) {
        return mail_tree_of(site.account, maildir, site.settings)->there;
    };
    CHECK(is_there(site.anns_maildir));
    CHECK_FALSE(is_there(site.anns_maildir + "/missing"));
    CHECK_FALSE(is_there(site.folder.write("file", "")));
}

TEST_CASE("the directory itself, whatever its name") {
    Site site;
    site.settings.workers = WorkerShare::account;
    const auto tree = mail_tree_of(site.account, site.anns_maildir, site.settings);
    struct stat status {};
    REQUIRE(::stat(site.anns_maildir.c_str(), &status) == 0);
    CHECK(tree->device == status.st_dev);
    CHECK(tree->inode == status.st_ino);
    fs::rename(site.anns_maildir, site.anns_maildir + "-old");
    fs::create_directory(site.anns_maildir);
    CHECK(mail_tree_of(site.account, site.anns_maildir, site.settings)->inode != tree->inode);
    CHECK(mail_tree_of(site.account, site.anns_maildir + "-old", site.settings)->inode == tree->inode);
}

TEST_CASE("a Maildir without an absolute path is none") {
    Site site;
    for (const std::string maildir : {"", "Maildir", "./Maildir", "../Maildir"}) {
        CAPTURE(maildir);
        const auto found = mail_tree_of(site.account, maildir, site.settings);
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == Code::no_such_mailbox);
    }
}

TEST_CASE("nobody's mail is served as root, nor below LOWEST_UID") {
    RoleSettings settings;
    settings.lowest_uid = 100;
    const auto may = [&](uid_t uid, gid_t gid) {
        auth::Account account;
        account.address = "ann";
        account.uid = uid;
        account.gid = gid;
        const auto result = may_become(account, settings);
        CHECK((result || (result.error().code == Code::not_permitted && result.error().detail.starts_with("ann: "))));
        return result.has_value();
    };
    CHECK_FALSE(may(99, 100));
    CHECK(may(100, 100));
    CHECK(may(101, 100));
    CHECK(may(100, 1));
    CHECK_FALSE(may(100, 0));
    settings.lowest_uid = 0;
    CHECK_FALSE(may(0, 100));
    CHECK_FALSE(may(0, 0));
    CHECK_FALSE(may(1, 0));
    CHECK(may(1, 1));
}

TEST_CASE("the fields of an account fit into a message") {
    const auto may = [](const auth::Account& account) {
        const auto result = may_become(account, RoleSettings());
        CHECK((result || result.error().code == Code::limit));
        return result.has_value();
    };
    auth::Account ann;
    ann.uid = 1012;
    ann.gid = 1013;
    for (const auto field :
         {&auth::Account::address, &auth::Account::home, &auth::Account::full_name, &auth::Account::options}) {
        for (const int more : {-1, 0, 1}) {
            auth::Account account = ann;
            account.*field = std::string(account_text_bytes + static_cast<std::size_t>(more), 'x');
            CHECK(may(account) == (more <= 0));
        }
    }
    for (const int more : {-1, 0, 1}) {
        auth::Account account = ann;
        account.maildir = std::string(100, 'x');
        account.quota = std::string(account_text_bytes - 100 + static_cast<std::size_t>(more), 'x');
        CHECK(may(account) == (more <= 0));
        std::swap(account.maildir, account.quota);
        CHECK(may(account) == (more <= 0));
    }
}

}  // namespace
}  // namespace postrider::service
