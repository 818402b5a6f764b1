#include "store/maildir/folder_name.hpp"

#include "core/limits.hpp"
#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using postrider::store::maildir::testing::ok;

TEST_CASE("mailboxes and directories correspond") {
    CHECK(directory_of("INBOX").value() == ".");
    CHECK(directory_of("inbox").value() == ".");
    CHECK(directory_of("InBoX.a.B").value() == ".a.B");
    CHECK(directory_of("INBOX.\xC3\xA9t\xC3\xA9").value() == ".\xC3\xA9t\xC3\xA9");
    CHECK(directory_of("INBOX.\xC2\x80").value() == ".\xC2\x80");
    CHECK(directory_of("INBOX.a b~c\\d:e&-*%").value() == ".a b~c\\d:e&-*%");
    CHECK(name_of(".a.B").value() == "INBOX.a.B");
}

TEST_CASE("names that no folder can have are refused") {
    const std::string_view refused[] = {"",           "INBO",        "INBOXa",
                                        "INBOX.",     "INBOX..",     "INBOX..a",
                                        "INBOX.a.",   "INBOX.a..b",  "a",
                                        "Trash",      "INBOX/a",     "INBOX.a/b",
                                        "INBOX./",    "INBOX.../x",  "INBOX.a\r",
                                        "INBOX.a\nb", "INBOX.a\x7F", "INBOX.\x01",
                                        "INBOX.\xC3", "INBOX.\xFF",  "INBOX.\xC0\xAF",
                                        "shared.a",   "#shared.a",   "INBOX.\xED\xA0\x80"};
    for (const auto name : refused) {
        CAPTURE(name);
        REQUIRE_FALSE(ok(directory_of(name)));
        CHECK(directory_of(name).error().code == Code::invalid_name);
    }
    CHECK_FALSE(ok(directory_of(std::string_view("INBOX.a\0b", 9))));
    for (const std::string_view directory : {"", ".", "..", "a", "cur", "...", ".a.", ".a..b", ".a\n"}) {
        CAPTURE(directory);
        CHECK_FALSE(ok(name_of(directory)));
    }
}

TEST_CASE("names have a limit") {
    const std::string name = "INBOX." + std::string(limits::mailbox_name_bytes - 6, 'a');
    CHECK(ok(directory_of(name.substr(1 - 1, name.size() - 1))));
    CHECK(ok(directory_of(name)));
    CHECK_FALSE(ok(directory_of(name + "a")));
    CHECK_FALSE(ok(name_of("." + std::string(limits::mailbox_name_bytes, 'a'))));
}
