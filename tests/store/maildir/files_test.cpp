#include "store/maildir/files.hpp"

#include <unistd.h>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;

TEST_CASE("directories are opened, links to them only as folders") {
    const Maildir maildir;
    fs::create_directory_symlink("cur", maildir.root / "link");
    maildir.put("file");
    CHECK(ok(open_directory(maildir.fd(), "cur")));
    CHECK(ok(open_folder_directory(maildir.fd(), "link")));
    for (const char* name : {"link", "file", "none"}) {
        CHECK(open_directory(maildir.fd(), name).error().code == Code::no_such_mailbox);
    }
}

TEST_CASE("entries are visited once until the visitor has enough") {
    const Maildir maildir;
    int met = 0;
    CHECK(ok(each_entry(maildir.fd(), [&](const char*, unsigned char) { return ++met < 99; })));
    CHECK(met == 3);
    CHECK(ok(each_entry(maildir.fd(), [&](const char*, unsigned char) { return ++met < 5; })));
    CHECK(met == 5);
    CHECK_FALSE(ok(each_entry(-1, [](const char*, unsigned char) { return true; })));
}

TEST_CASE("a file is read whole, up to its limit") {
    const Maildir maildir;
    CHECK_FALSE(read_file(maildir.fd(), "none", 10).value());
    maildir.put("nine", "123456789");
    CHECK(read_file(maildir.fd(), "nine", 10).value() == "123456789");
    CHECK(read_file(maildir.fd(), "nine", 9).value() == "123456789");
    CHECK(read_file(maildir.fd(), "nine", 8).error().code == Code::limit);
    maildir.put("empty", "");
    CHECK(read_file(maildir.fd(), "empty", 0).value() == "");
}

TEST_CASE("what is no regular file is not read, and nobody waits for it") {
    const Maildir maildir;
    REQUIRE(::mkfifo((maildir.root / "fifo").c_str(), 0600) == 0);
    maildir.put("file");
    fs::create_symlink("file", maildir.root / "link");
    for (const char* name : {"fifo", "link", "cur"}) {
        CAPTURE(name);
        CHECK(read_file(maildir.fd(), name, 100).error().code == Code::invalid_data);
    }
    CHECK(open_regular(maildir.fd(), "none").error().code == Code::expunged);
}

TEST_CASE("a file is replaced whole or not at all") {
    const Maildir maildir;
    const Descriptor tmp(::openat(maildir.fd(), "tmp", O_RDONLY | O_DIRECTORY));
    const auto replace = [&](const std::string& name, const std::string& content) {
        return ok(replace_file(maildir.fd(), name, tmp.get(), "t", content, Durability::durable));
    };
    CHECK(replace("list", "old"));
    CHECK(replace("list", "new"));
    CHECK(maildir.get("list") == "new");
    {
        const FileSizeLimit full(1000);
        CHECK_FALSE(replace("list", std::string(2000, 'x')));
    }
    CHECK(maildir.get("list") == "new");
    CHECK_FALSE(replace("cur", "x"));
    fs::create_symlink("list", maildir.root / "link");
    CHECK(replace("link", "of its own"));
    CHECK(maildir.get("list") == "new");
    CHECK(maildir.get("link") == "of its own");
    maildir.put("tmp/t", "another's");
    CHECK_FALSE(replace("list", "x"));
    CHECK(maildir.get("list") == "new");
}

TEST_CASE("a rename does not replace") {
    const Maildir maildir;
    maildir.put("a", "1");
    maildir.put("b", "2");
    CHECK(rename_no_replace(maildir.fd(), "a", maildir.fd(), "b").error().code == Code::already_exists);
    CHECK(maildir.get("b") == "2");
    CHECK(ok(rename_no_replace(maildir.fd(), "a", maildir.fd(), "cur/c")));
    CHECK(maildir.get("cur/c") == "1");
    CHECK(rename_no_replace(maildir.fd(), "a", maildir.fd(), "d").error().code == Code::expunged);
}

TEST_CASE("a time near the look says nothing") {
    const auto at = [](std::int64_t seconds, long nanoseconds) {
        return FileId{.inode = 1, .size = 0, .modified = {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    };
    const timespec look{.tv_sec = 100, .tv_nsec = 30'000'000};
    CHECK(is_unchanged(at(100, 9'999'999), at(100, 9'999'999), look));
    CHECK_FALSE(is_unchanged(at(100, 10'000'000), at(100, 10'000'000), look));
    CHECK_FALSE(is_unchanged(at(100, 1), at(100, 2), look));
    CHECK(is_unchanged(at(98, 0), at(98, 0), look));
    CHECK_FALSE(is_unchanged(at(99, 0), at(99, 0), look));
    CHECK_FALSE(is_unchanged(at(200, 5), at(200, 5), look));
    CHECK(is_unchanged(std::nullopt, std::nullopt, look));
    CHECK_FALSE(is_unchanged(std::nullopt, at(1, 1), look));
    CHECK_FALSE(is_unchanged(at(1, 1), std::nullopt, look));
}
