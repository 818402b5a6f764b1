// What is asked of a directory, and what is made of its answers.
#include "auth/ldap/entry.hpp"
#include "auth/ldap/filter.hpp"
#include "core/log.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

LdapSettings mail_settings() {
    LdapSettings settings;
    settings.mail = "mail";
    settings.uid_attribute = "uidNumber";
    settings.gid_attribute = "gidNumber";
    settings.home = "homeDirectory";
    settings.maildir = "mailbox";
    settings.delivery = "defaultDelivery";
    settings.quota = "quota";
    settings.full_name = "cn";
    settings.clear_password = "clearPassword";
    settings.crypt_password = "userPassword";
    settings.options = {{"disableImap", "disableimap"}, {"shared", "sharedgroup"}};
    return settings;
}

Entry entry_with(std::vector<Attribute> more) {
    Entry entry{"uid=john,o=x", {{"UIDNUMBER", {"1012"}}, {"gidNumber", {"1013"}}, {"homeDirectory", {"/home/john"}}}};
    entry.attributes.insert(entry.attributes.begin(), more.begin(), more.end());
    return entry;
}

TEST_CASE("what a user types is a value in a filter, and nothing else") {
    CHECK(filter_value("john@example.com") == "john@example.com");
    CHECK(filter_value("*)(uid=*\\") == "\\2a\\29\\28uid=\\2a\\5c");
    CHECK(filter_value(std::string("a\0b", 3)) == "a\\00b");
    CHECK(filter_value("J\xc3\xb6rg") == "J\xc3\xb6rg");
}

TEST_CASE("the filter of an account") {
    LdapSettings settings = mail_settings();
    CHECK(account_filter(settings, "mail", "j*") == "(mail=j\\2a)");
    settings.filter = "(objectClass=account)";
    CHECK(account_filter(settings, "mail", "j") == "(&(objectClass=account)(mail=j))");
    CHECK(searched_name(settings, "john") == "john");
    settings.domain = "example.com";
    CHECK(searched_name(settings, "john") == "john@example.com");
    CHECK(searched_name(settings, "john@x.y") == "john@x.y");
}

TEST_CASE("the filter of a mail map takes name and realm apart, and looks into neither") {
    LdapSettings settings = mail_settings();
    settings.map.filter = "(&(u=@user@)(r=@realm@)(both=@user@@@realm@))";
    CHECK(map_filter(settings, "john@example.com") == "(&(u=john)(r=example.com)(both=john@example.com))");
    CHECK(map_filter(settings, "a@b@c") == "(&(u=a@b)(r=c)(both=a@b@c))");
    CHECK(map_filter(settings, "@realm@@*") == "(&(u=@realm@)(r=\\2a)(both=@realm@@\\2a))");
}

TEST_CASE("the filter of all accounts") {
    LdapSettings settings = mail_settings();
    CHECK(all_accounts_filter(settings) == "(mail=*)");
    settings.filter = "(f=1)";
    CHECK(all_accounts_filter(settings) == "(f=1)");
    settings.enumerate_filter = "(e=1)";
    CHECK(all_accounts_filter(settings) == "(e=1)");
}

TEST_CASE("an entry becomes an account") {
    const LdapSettings settings = mail_settings();
    const Entry entry = entry_with({{"mailbox", {"Maildir"}},
                                    {"defaultDelivery", {"./Other"}},
                                    {"quota", {"100S"}},
                                    {"cn", {"John Doe"}},
                                    {"disableimap", {"1"}},
                                    {"shared", {""}}});
    const auto account = account_of(settings, entry, "John@Example.com", "imap");
    REQUIRE((account && *account));
    CHECK((*account)->address == "John@Example.com");
    CHECK((*account)->uid == 1012);
    CHECK((*account)->gid == 1013);
    CHECK((*account)->home == "/home/john");
    CHECK((*account)->maildir == "Maildir");
    CHECK((*account)->quota == "100S");
    CHECK((*account)->full_name == "John Doe");
    CHECK((*account)->options == "disableimap=1");
    CHECK((*account)->system_user.empty());
    CHECK((**account_of(settings, entry, "j", "courier")).maildir == "./Other");
}

TEST_CASE("an entry without a home is no account; one with a uid or gid of 0 is the directory's mistake") {
    LdapSettings settings = mail_settings();
    const auto made = [&](std::vector<Attribute> more) { return account_of(settings, entry_with(more), "j", "imap"); };
    CHECK_FALSE(*made({{"homeDirectory", {}}}));
    CHECK_FALSE(*made({{"homeDirectory", {""}}}));
    for (const auto* id : {"0", "", "x", "-1", "4294967296", " 5", "00"}) {
        INFO(id);
        CHECK(made({{"uidNumber", {id}}}).error().code == Code::unavailable);
        CHECK(made({{"gidNumber", {id}}}).error().code == Code::unavailable);
    }
    settings.uid_attribute = "none";
    CHECK(made({}).error().detail ==
          "authldap: refuse to authenticate j: uid=0, gid=1013 (zero uid or gid not permitted)");
    settings.uid = 77;
    CHECK((*made({}))->uid == 77);
    CHECK((*made({{"none", {"78"}}}))->uid == 78);
}

TEST_CASE("MAILROOT stands before every home") {
    LdapSettings settings = mail_settings();
    settings.mail_root = "/var/mail";
    CHECK((*account_of(settings, entry_with({}), "j", "imap"))->home == "/var/mail//home/john");
}

TEST_CASE("control characters do not get into an account") {
    const LdapSettings settings = mail_settings();
    const auto made = [&](std::vector<Attribute> more) { return *account_of(settings, entry_with(more), "j", "imap"); };
    CHECK(made({{"cn", {"John\nUID=0"}}})->full_name.empty());
    CHECK_FALSE(made({{"mailbox", {"a\tb"}}})->maildir);
    CHECK(made({{"disableImap", {"1\n"}}})->options.empty());
    CHECK_FALSE(made({{"homeDirectory", {std::string("/h\0", 3)}}}));
}

TEST_CASE("of several values the first counts, and the log says so") {
    std::string log;
    set_log_sink([&log](LogLevel level, std::string_view line, Protocol) {
        CHECK(level == LogLevel::warning);
        log += line;
    });
    const Entry entry = entry_with({{"quota", {"1S", "2S"}}});
    CHECK((*account_of(mail_settings(), entry, "j", "imap"))->quota == "1S");
    set_log_sink({});
    CHECK(log == "authldap: duplicate attribute quota for uid=john,o=x");
}

TEST_CASE("the password in clear is preferred; where users bind there is none") {
    LdapSettings settings = mail_settings();
    const Entry both = entry_with({{"clearPassword", {"secret"}}, {"userPassword", {"{SSHA}x"}}});
    CHECK(stored_password_of(settings, both) == "{PLAIN}secret");
    CHECK(stored_password_of(settings, entry_with({{"userPassword", {"{SSHA}x"}}})) == "{SSHA}x");
    CHECK_FALSE(stored_password_of(settings, entry_with({})));
    settings.bind_as_user = true;
    CHECK_FALSE(stored_password_of(settings, both));
}

TEST_CASE("attributes are asked for once each") {
    LdapSettings settings = mail_settings();
    settings.quota = "mailbox";
    settings.delivery = "";
    const std::vector<std::string> expected{"clearPassword", "cn",     "disableImap", "gidNumber",   "homeDirectory",
                                            "mailbox",       "shared", "uidNumber",   "userPassword"};
    CHECK(account_attributes(settings) == expected);
}

}  // namespace
}  // namespace postrider::auth
