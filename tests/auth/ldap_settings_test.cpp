#include <pwd.h>

#include "auth/ldap.hpp"
#include "auth/temp_folder.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

constexpr auto needed = "##NAME: MARKER:0\nLDAP_URI ldap://127.0.0.1\nLDAP_BASEDN o=x\n";

LdapSettings settings_of(const std::string& more) {
    const test::TempFolder folder;
    return read_ldap_settings(folder.write("authldaprc", needed + more));
}

std::string refusal_of(const std::string& text, const std::map<std::string, std::string>& tls = {}) {
    const test::TempFolder folder;
    const std::string path = folder.write("authldaprc", text);
    try {
        read_ldap_settings(path, tls);
    } catch (const std::runtime_error& error) {
        const std::string what = error.what();
        return what.starts_with(path) ? what.substr(path.size()) : what;
    }
    return "";
}

TEST_CASE("authldaprc: what is not set is as with Courier") {
    const LdapSettings plain = settings_of("");
    CHECK(plain.uris == std::vector<std::string>{"ldap://127.0.0.1"});
    CHECK(plain.version == 3);
    CHECK(plain.timeout == std::chrono::seconds(5));
    CHECK(plain.bind_dn.empty());
    CHECK_FALSE(plain.bind_as_user);
    CHECK_FALSE(plain.start_tls);
    CHECK(plain.mail == "mail");
    CHECK(plain.home == "homeDir");
    CHECK(plain.maildir.empty());
    CHECK(plain.deref == LdapSettings::Deref::never);
    CHECK_FALSE(plain.uid);
}

TEST_CASE("authldaprc: each setting is read") {
    const LdapSettings all = settings_of(
        "LDAP_PROTOCOL_VERSION 2\nLDAP_INITBIND 1\nLDAP_BINDDN cn=admin\nLDAP_BINDPW a b\nLDAP_TIMEOUT 60\n"
        "LDAP_AUTHBIND 1\nLDAP_MAIL uid\nLDAP_FILTER (a=b)\nLDAP_DOMAIN example.com\nLDAP_GLOB_UID 1012\n"
        "LDAP_GLOB_GID 1013\nLDAP_UID u\nLDAP_GID g\nLDAP_HOMEDIR h\nLDAP_MAILROOT /m\nLDAP_MAILDIR md\n"
        "LDAP_DEFAULTDELIVERY dd\nLDAP_MAILDIRQUOTA q\nLDAP_FULLNAME cn\nLDAP_CLEARPW c\nLDAP_CRYPTPW p\n"
        "LDAP_AUXOPTIONS a=b,c\nLDAP_ENUMERATE_FILTER (e=*)\nLDAP_DEREF Always\nLDAP_TLS 1\n"
        "LDAP_EMAILMAP (&(u=@user@)(r=@realm@))\nLDAP_EMAILMAP_BASEDN o=map\n");
    CHECK(all.version == 2);
    CHECK(all.bind_dn == "cn=admin");
    CHECK(all.bind_password == "a b");
    CHECK(all.timeout == std::chrono::seconds(60));
    CHECK((all.bind_as_user && all.start_tls));
    CHECK((all.mail == "uid" && all.filter == "(a=b)" && all.domain == "example.com"));
    CHECK((all.uid == 1012 && all.gid == 1013 && all.uid_attribute == "u" && all.gid_attribute == "g"));
    CHECK((all.home == "h" && all.mail_root == "/m" && all.maildir == "md" && all.delivery == "dd"));
    CHECK((all.quota == "q" && all.full_name == "cn" && all.clear_password == "c" && all.crypt_password == "p"));
    CHECK(all.options == std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"c", "c"}});
    CHECK(all.enumerate_filter == "(e=*)");
    CHECK(all.deref == LdapSettings::Deref::always);
    CHECK((all.map.base_dn == "o=map" && all.map.attribute == "handle" && all.map.mail == "uid"));
}

TEST_CASE("authldaprc: servers by comma or blank, ids by name") {
    const std::string rest = "LDAP_BASEDN o=x\n";
    const test::TempFolder folder;
    const auto uris = read_ldap_settings(folder.write("rc",
                                                      "##NAME: MARKER:0\nLDAP_URI ldaps://a, ldap://b:3389"
                                                      " ldapi:///\n" +
                                                          rest))
                          .uris;
    CHECK(uris == std::vector<std::string>{"ldaps://a", "ldap://b:3389", "ldapi:///"});
    const LdapSettings named = settings_of("LDAP_GLOB_UID nobody\n");
    CHECK(named.uid == ::getpwnam("nobody")->pw_uid);
    CHECK_FALSE(named.gid);
}

TEST_CASE("authldaprc: what cannot be used names its line") {
    const std::string base = needed;
    CHECK(refusal_of("##NAME: MARKER:0\nLDAP_BASEDN o=x\n") == ": LDAP_URI: is required");
    CHECK(refusal_of("##NAME: MARKER:0\nLDAP_URI ldap://a\n") == ": LDAP_BASEDN: is required");
    CHECK(refusal_of("##NAME: MARKER:0\nLDAP_BASEDN o=x\nLDAP_URI http://a\n") ==
          ":3: LDAP_URI: expected ldap://, ldaps:// or ldapi://, found \"http://a\"");
    CHECK(refusal_of(base + "LDAP_INITBIND 1\nLDAP_BINDDN x\n") == ": LDAP_BINDPW: is required");
    CHECK(refusal_of(base + "LDAP_TIMEOUT 61\n").starts_with(":4: LDAP_TIMEOUT: "));
    CHECK(refusal_of(base + "LDAP_DEREF perhaps\n").starts_with(":4: LDAP_DEREF: "));
    CHECK(refusal_of(base + "LDAP_FILTER a=b\n").starts_with(":4: LDAP_FILTER: "));
    CHECK(refusal_of(base + "LDAP_EMAILMAP (a=@user@)\n") == ": LDAP_EMAILMAP_BASEDN: is required");
    CHECK(refusal_of(base + "LDAP_AUTHBIND yes\n").starts_with(":4: LDAP_AUTHBIND: "));
    for (const auto* id : {"0", "-1", "4294967296", "no-such-user-here"}) {
        CHECK(refusal_of(base + "LDAP_GLOB_UID " + id + "\n").starts_with(":4: LDAP_GLOB_UID: "));
        CHECK(refusal_of(base + "LDAP_GLOB_GID " + id + "\n").starts_with(":4: LDAP_GLOB_GID: "));
    }
}

TEST_CASE("LDAPTLS_*: names and words that are not known are refused") {
    CHECK(refusal_of(needed, {{"LDAPTLS_CACERT", "/x"}, {"LDAPTLS_REQCERT", "Demand"}, {"LDAPTLS_PROTOCOL_MIN", "3.3"}})
              .empty());
    CHECK(refusal_of(needed, {{"LDAPTLS_NONE", "x"}}) ==
          "LDAPTLS_NONE is not an option of LDAP's TLS that is known here");
    CHECK(refusal_of(needed, {{"LDAPTLS_REQCERT", "maybe"}}) ==
          "LDAPTLS_REQCERT: \"maybe\" is not a word that it takes");
}

}  // namespace
}  // namespace postrider::auth
