#include "auth/account.hpp"

#include "auth/fields.hpp"
#include "auth/user_database.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

UserRecord record(std::string fields, std::string shadow = {}) {
    return {std::move(fields), std::move(shadow)};
}

TEST_CASE("an option is the first of its name") {
    Account account;
    account.options = "group=sales,disableimap=0,group=staff,flag,disableimap=1,x=a=b";
    CHECK(account.option("group") == "sales");
    CHECK(account.option("disableimap") == "0");
    CHECK(account.option("flag") == "");
    CHECK(account.option("x") == "a=b");
    CHECK_FALSE(account.option("grou"));
    CHECK_FALSE(account.option("groups"));
    CHECK_FALSE(account.option(""));
    account.options = "";
    CHECK_FALSE(account.option("group"));
}

TEST_CASE("a switch is on for a non-zero number or a word with t or y") {
    const auto on = [](std::string options) {
        Account account;
        account.options = std::move(options);
        return account.is_on("s");
    };
    for (const auto* text : {"s=1", "s=2", "s=-1", "s=+7", "s= 1", "s=010", "s=1x", "s=true", "s=Y", "s=yes", "s=T",
                             "s=99999999999999999999999"}) {
        INFO(text);
        CHECK(on(text));
    }
    for (const auto* text : {"", "s", "s=", "s=0", "s=00", "s=no", "s=x1", "s=on", "s=-0", "s=-t", "ss=1", "s=0,s=1"}) {
        INFO(text);
        CHECK_FALSE(on(text));
    }
}

TEST_CASE("a field of a record ends at the next bar") {
    const auto found = record("uid=1|gid=2|foo|mail=a=b c|uid=9|empty=|tail", "imappw=$1$x|systempw=*");
    CHECK(found.field("uid") == "1");
    CHECK(found.field("gid") == "2");
    CHECK(found.field("foo") == "");
    CHECK(found.field("mail") == "a=b c");
    CHECK(found.field("empty") == "");
    CHECK(found.field("tail") == "");
    CHECK(found.field("imappw") == "$1$x");
    CHECK(found.field("systempw") == "*");
    CHECK_FALSE(found.field("id"));
    CHECK_FALSE(found.field("tai"));
    CHECK_FALSE(found.field("tails"));
    CHECK_FALSE(found.field("pop3pw"));
}

TEST_CASE("password fields are looked for in the shadow half alone") {
    const auto found = record("imappw=visible|uid=1", "uid=7|pop3pw=x");
    CHECK_FALSE(found.field("imappw"));
    CHECK(found.field("uid") == "1");
}

TEST_CASE("an account needs uid, gid and home") {
    const auto account = account_of(
        "john@example.com",
        record("uid=1012|gid=1013|home=/home/vmail|mail=/m|quota=100S|gecos=John Doe, Room 1|options=disableimap=1"));
    REQUIRE(account);
    CHECK(account->address == "john@example.com");
    CHECK(account->uid == 1012);
    CHECK(account->gid == 1013);
    CHECK(account->home == "/home/vmail");
    CHECK(account->maildir == "/m");
    CHECK(account->quota == "100S");
    CHECK(account->full_name == "John Doe");
    CHECK(account->is_on("disableimap"));

    CHECK_FALSE(account_of("x", record("gid=1|home=/h")));
    CHECK_FALSE(account_of("x", record("uid=1|home=/h")));
    CHECK_FALSE(account_of("x", record("uid=1|gid=1")));
    CHECK_FALSE(account_of("1012=", record("vmail|_=default/")));
    const auto bare = account_of("x", record("home=/h|gid=1|uid=1|mail="));
    REQUIRE(bare);
    CHECK(bare->maildir == "");
    CHECK_FALSE(bare->quota);
    CHECK(bare->full_name.empty());
}

TEST_CASE("a user id that is no number, too large or -1 is no user id") {
    const auto uid_of = [](const std::string& text) {
        const auto account = account_of("x", record("home=/h|gid=1|uid=" + text));
        return account ? std::optional(account->uid) : std::nullopt;
    };
    CHECK(uid_of("0") == 0u);
    CHECK(uid_of("12") == 12u);
    CHECK(uid_of(" 12 ") == 12u);
    CHECK(uid_of("12abc") == 12u);
    CHECK(uid_of("4294967294") == 4294967294u);
    for (const auto* text : {"", "abc", "-1", "+1", "4294967295", "4294967296", "18446744073709551616", "0x"}) {
        INFO(text);
        CHECK((!uid_of(text) || text == std::string("0x")));
    }
}

TEST_CASE("default options fill in the names that an account does not have") {
    CHECK(with_default_options("", "a=1,b=2") == "a=1,b=2");
    CHECK(with_default_options("a=0", "a=1,b=2") == "a=0,b=2");
    CHECK(with_default_options("b", "a=1,b=2") == "b,a=1");
    CHECK(with_default_options("disablepop3=1,group=sales", "disableimap=0,wbnodsn=1,group=x") ==
          "disablepop3=1,group=sales,disableimap=0,wbnodsn=1");
    CHECK(with_default_options("", "group=a,group=b") == "group=a,group=b");
    CHECK(with_default_options("a=1", "") == "a=1");
    CHECK(with_default_options("", ",,a,,") == "a");
}

}  // namespace
}  // namespace postrider::auth
