// The list on disk: followed, replaced, added to in place.
#include "store/maildir/uid_list_file.hpp"

#include <unistd.h>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

namespace {

using Kind = UidListFile::Look::Kind;

UidList header(std::uint32_t next) {
    return {.uid_validity = UidValidity(7), .uid_next = Uid(next), .entries = {}};
}

std::vector<UidEntry> entry(std::uint32_t uid, std::string_view base) {
    return {{.uid = Uid(uid), .base = base}};
}

Result<bool> append(UidListFile& file, std::uint32_t uid, std::string_view base) {
    return file.append(header(uid + 1), entry(uid, base), Durability::durable);
}

}  // namespace

TEST_CASE("a list is added to in place and another process sees only what is new") {
    const Maildir maildir;
    maildir.put(uid_list_file, "1 7 3\n1 a\n2 b\n");
    UidListFile mine;
    UidListFile theirs;
    CHECK(mine.look(maildir.fd()).value().list.entries.size() == 2);
    CHECK(theirs.look(maildir.fd()).value().kind == Kind::replaced);
    CHECK(append(mine, 3, "c").value());
    CHECK(maildir.get(uid_list_file) == "1 7 4\n1 a\n2 b\n3 c\n");
    CHECK(mine.look(maildir.fd()).value().kind == Kind::same);
    CHECK(theirs.is_followed(maildir.fd()));
    const auto grown = theirs.look(maildir.fd()).value();
    CHECK(grown.kind == Kind::grown);
    CHECK(grown.list.uid_next == Uid(4));
    CHECK(grown.list.entries == entry(3, "c"));
    CHECK(append(theirs, 4, "d").value());
    CHECK(mine.look(maildir.fd()).value().list.entries == entry(4, "d"));
}

TEST_CASE("a list that cannot be added to in place is left as it is") {
    const Maildir maildir;
    const auto refuses = [&](const std::string& text, std::uint32_t uid) {
        maildir.put(uid_list_file, text);
        UidListFile file;
        REQUIRE(ok(file.look(maildir.fd())));
        CHECK_FALSE(append(file, uid, "c").value());
        CHECK(maildir.get(uid_list_file) == text);
    };
    refuses("1 7 9\n1 a\n", 9);       // the header would grow
    refuses("1 7 3\n1 a\n2 b", 3);    // cut in its last line
    refuses("1  7 3\n1 a\n", 3);      // another program's spelling
    refuses("1 7 2\n1 a\n5 b\n", 6);  // its header was wrong
    refuses("1 7 3 x\n1 a\n", 3);
    SECTION("a backup shares the file") {
        maildir.put(uid_list_file, "1 7 3\n1 a\n");
        fs::create_hard_link(maildir.root / uid_list_file, maildir.root / "backup");
        UidListFile file;
        REQUIRE(ok(file.look(maildir.fd())));
        CHECK_FALSE(append(file, 3, "c").value());
        CHECK(maildir.get("backup") == "1 7 3\n1 a\n");
    }
    SECTION("another process has added to it meanwhile") {
        maildir.put(uid_list_file, "1 7 3\n1 a\n");
        UidListFile one;
        UidListFile two;
        REQUIRE((ok(one.look(maildir.fd())) && ok(two.look(maildir.fd()))));
        CHECK(append(one, 3, "c").value());
        CHECK_FALSE(append(two, 3, "d").value());
        CHECK(maildir.get(uid_list_file) == "1 7 4\n1 a\n3 c\n");
    }
}

TEST_CASE("a list replaced by another program is read whole") {
    const Maildir maildir;
    maildir.put(uid_list_file, "1 7 3\n1 a\n");
    UidListFile file;
    REQUIRE(ok(file.look(maildir.fd())));
    maildir.put("tmp/new", "1 7 5\n1 a\n4 d\n");
    fs::rename(maildir.root / "tmp/new", maildir.root / uid_list_file);
    CHECK_FALSE(file.is_followed(maildir.fd()));
    CHECK(file.look(maildir.fd()).value().list.entries.size() == 2);
    fs::remove(maildir.root / uid_list_file);
    CHECK(file.look(maildir.fd()).value().kind == Kind::missing);
    CHECK_FALSE(file.is_held());
    CHECK(ok(file.replace(maildir.fd(), ::open((maildir.root / "tmp").c_str(), O_RDONLY | O_DIRECTORY), "t", header(9),
                          Durability::durable)));
    CHECK(file.look(maildir.fd()).value().kind == Kind::same);
}

TEST_CASE("a disk that fills up in the middle leaves a list without the new line") {
    const Maildir maildir;
    maildir.put(uid_list_file, "1 7 3\n1 a\n");
    UidListFile file;
    REQUIRE(ok(file.look(maildir.fd())));
    {
        const FileSizeLimit full(12);
        CHECK_FALSE(ok(append(file, 3, "a base of some length")));
    }
    CHECK(maildir.get(uid_list_file) == "1 7 4\n1 a\n");  // UID 3 is never given
    CHECK(file.look(maildir.fd()).value().list.uid_next == Uid(4));
    CHECK(append(file, 4, "b").value());
}
