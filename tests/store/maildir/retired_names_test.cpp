// Which UIDVALIDITY a name had before its folder was deleted or renamed.
#include "store/maildir/retired_names.hpp"

#include "store/maildir/fixture.hpp"
#include "store/maildir/folder_tree.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

constexpr auto durable = Durability::durable;

UidValidity validity(const Maildir& maildir, const std::string& directory) {
    return uid_validity_of(maildir.fd(), directory).value();
}

/// A folder with that UIDVALIDITY and one message.
void make_folder(const Maildir& maildir, const std::string& directory, std::uint32_t uid_validity) {
    create_folder(maildir.fd(), directory, durable).value();
    maildir.put(directory + "/cur/1.a:2,");
    maildir.put(directory + "/courierimapuiddb", "1 " + std::to_string(uid_validity) + " 2\n1 1.a\n");
}

}  // namespace

TEST_CASE("wrong lines are left out, the greatest number of a name counts") {
    const auto names = parse_retired_names("7 .a\n9 .a\n8 .a\n0 .b\nx .c\n5\n5 \n4294967296 .d\n3 .e f");
    CHECK(names == RetiredNames{{".a", UidValidity(9)}, {".e f", UidValidity(3)}});
    CHECK(parse_retired_names("").empty());
}

TEST_CASE("names are added to those that are there") {
    const Maildir maildir;
    make_folder(maildir, ".a", 100);
    make_folder(maildir, ".b", 200);
    retire_names(maildir.fd(), {".a"}, host, durable).value();
    retire_names(maildir.fd(), {".b", ".not there"}, host, durable).value();
    CHECK(maildir.get(retired_names_file) == "100 .a\n200 .b\n");
    maildir.put(".a/courierimapuiddb", "1 50 2\n1 1.a\n");
    retire_names(maildir.fd(), {".a"}, host, durable).value();
    CHECK(read_retired_names(maildir.fd()).value().at(".a") == UidValidity(100));
    CHECK(maildir.names("tmp").empty());
}

TEST_CASE("a file that cannot be read is not written anew: what it holds would be lost") {
    const Maildir maildir;
    make_folder(maildir, ".a", 100);
    SECTION("absurdly long") {
        maildir.put(retired_names_file, "7 .x\n" + std::string(5'000'000, '\n'));
    }
    SECTION("a link") {
        maildir.put("elsewhere", "7 .x\n");
        fs::create_symlink("elsewhere", maildir.root / retired_names_file);
    }
    CHECK_FALSE(ok(retire_names(maildir.fd(), {".a"}, host, durable)));
    CHECK(maildir.get(retired_names_file).starts_with("7 .x\n"));
}

TEST_CASE("a folder that gets a name which meant something else gets another UIDVALIDITY, and keeps its UIDs") {
    const Maildir maildir;
    make_folder(maildir, ".a", 100);
    maildir.put(retired_names_file, "100 .same\n101 .greater\n99 .less\n");
    const auto renew = [&](const std::string& to) {
        renew_uid_validity(maildir.fd(), ".a", to, host, durable).value();
        return validity(maildir, ".a");
    };
    CHECK(renew(".less") == UidValidity(100));
    CHECK(renew(".unknown") == UidValidity(100));
    SECTION("the same") {
        CHECK(renew(".same") > UidValidity(100));
    }
    SECTION("a greater one") {
        CHECK(renew(".greater") > UidValidity(101));
    }
    const auto list = maildir.get(".a/courierimapuiddb");
    CHECK(list.ends_with(" 2\n1 1.a\n"));
}

TEST_CASE("a new folder's UIDVALIDITY is above that of its name") {
    const Maildir maildir;
    const auto far =
        static_cast<std::uint32_t>(std::chrono::system_clock::to_time_t(now()) - 1'000'000'000 + 1'000'000);
    maildir.put(retired_names_file, std::to_string(far) + " .a\n");
    create_folder(maildir.fd(), ".a", durable).value();
    respect_retired_name(maildir.fd(), ".a");
    CHECK(maildir.folder({}, ".a").scan(now()).value().uid_validity > UidValidity(far));
}
