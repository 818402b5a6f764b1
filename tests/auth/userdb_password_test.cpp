#include "auth/userdb_password.hpp"

#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "auth/password.hpp"
#include "auth/scram.hpp"
#include "auth/scram_secret.hpp"
#include "auth/temp_folder.hpp"
#include "auth/user_database.hpp"
#include "auth/userdb_text.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using test::read_file;
using test::TempFolder;

constexpr auto sha_of_secret = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

/// A compiled source in one file, whose passwords are changed by IMAP's users.
struct Site {
    explicit Site(std::string_view text) : source(folder.write("userdb", text)) {
        const auto failure = compile_userdb(source);
        INFO((failure ? failure->message : ""));
        REQUIRE_FALSE(failure);
    }

    Result<bool> change(const std::string& user, const std::string& old_one, const std::string& new_one,
                        const std::string& service = "imap") const {
        return change_userdb_password(source, service, user, old_one, new_one);
    }
    bool changes(const std::string& user, const std::string& old_one, const std::string& new_one,
                 const std::string& service = "imap") const {
        const auto changed = change(user, old_one, new_one, service);
        INFO((changed ? "" : changed.error().detail));
        REQUIRE(changed.has_value());
        return *changed;
    }
    /// What the server reads; "" for none.
    std::string compiled(std::string_view user, std::string_view field) const {
        const auto found = UserDatabase(source + ".lmdb").find(user);
        REQUIRE(found.has_value());
        REQUIRE(found->has_value());
        return std::string((*found)->field(field).value_or(""));
    }
    std::string text(std::string_view name = "userdb") const { return read_file(folder / name); }

    TempFolder folder;
    std::string source;
};

std::string line(const std::string& name, const std::string& fields) {
    return name + "\tuid=1012|gid=1013|home=/h|" + fields + "\n";
}

TEST_CASE("a new password takes the place of the old one, in the source and for the server") {
    const Site site("# accounts\n" + line("john", std::string("systempw=") + sha_of_secret + "|quota=1S") +
                    line("jane", std::string("systempw=") + sha_of_secret) + "1012=\tjohn\n");
    CHECK_FALSE(site.changes("john", "wrong", "new"));
    CHECK_FALSE(site.changes("nobody", "secret", "new"));
    REQUIRE(site.changes("john", "secret", "new"));
    const auto stored = site.compiled("john", "systempw");
    CHECK(password_matches("new", stored));
    CHECK(site.text() == "# accounts\n" + line("john", "systempw=" + stored + "|quota=1S") +
                             line("jane", std::string("systempw=") + sha_of_secret) + "1012=\tjohn\n");
    CHECK_FALSE(site.changes("john", "secret", "newer"));
    CHECK(site.changes("john", "new", "newer"));
    CHECK_FALSE(std::filesystem::exists(site.folder / ".tmp.userdb"));
}

TEST_CASE("the password of the service is changed where there is one, else the system's") {
    const Site site(line("john", std::string("imappw={PLAIN}mine|systempw=") + sha_of_secret));
    CHECK_FALSE(site.changes("john", "secret", "new", "imap"));
    REQUIRE(site.changes("john", "secret", "new", "pop3"));
    CHECK(site.compiled("john", "imappw") == "{PLAIN}mine");
    CHECK(password_matches("new", site.compiled("john", "systempw")));
    REQUIRE(site.changes("john", "mine", "yours", "imap"));
    CHECK(site.compiled("john", "imappw") == "{PLAIN}yours");
}

TEST_CASE("the new form is yescrypt, but for SHA-512 crypt and passwords in clear") {
    const auto sha512 = make_sha512_crypt("secret");
    const Site site(line("sha512", "imappw=" + sha512) +
                    line("rounds",
                         "imappw=$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LE"
                         "v0DRY/x8v0/crpIjl8NJSAqXV/") +
                    line("md5", "imappw=" + make_md5_crypt("secret")) +
                    line("yescrypt", "imappw=" + make_yescrypt("secret")) +
                    line("sha", std::string("imappw=") + sha_of_secret) + line("clear", "imappw={PLAIN}secret"));
    const auto form = [&](const std::string& user) {
        REQUIRE(site.changes(user, "secret", "new"));
        const auto stored = site.compiled(user, "imappw");
        CHECK(password_matches("new", stored));
        CHECK_FALSE(password_matches("secret", stored));
        return stored.substr(0, 3);
    };
    CHECK(form("sha512") == "$6$");
    CHECK(form("rounds") == "$y$");
    CHECK(form("md5") == "$y$");
    CHECK(form("yescrypt") == "$y$");
    CHECK(form("sha") == "$y$");
    CHECK(form("clear") == "{PL");
}

TEST_CASE("secrets of challenges made from the old password are made anew, others stay") {
    const auto cram = [](HmacHash hash, const char* password) { return "pw=" + make_hmac_secret(hash, password); };
    const auto scram = [](ScramHash hash, const char* password) { return "pw=" + make_scram_secret(hash, password); };
    const auto foreign = "|imap-hmac-sha256" + cram(HmacHash::sha256, "other") + "|pop3-hmac-md5" +
                         cram(HmacHash::md5, "secret") + "|scram-sha-1" + scram(ScramHash::sha1, "other") +
                         "|imap-scram-sha-1pw={PLAIN}other";
    const Site site(line("john", "imappw={PLAIN}secret|hmac-md5" + cram(HmacHash::md5, "secret") + "|imap-hmac-md5" +
                                     cram(HmacHash::md5, "secret") + "|hmac-sha1" + cram(HmacHash::sha1, "secret") +
                                     "|hmac-sha256pw={PLAIN}secret|imap-scram-sha-256" +
                                     scram(ScramHash::sha256, "secret") + "|scram-sha-256" +
                                     scram(ScramHash::sha256, "secret") + foreign));
    REQUIRE(site.changes("john", "secret", "new"));
    CHECK(site.compiled("john", "imappw") == "{PLAIN}new");
    CHECK(site.compiled("john", "hmac-md5pw") == make_hmac_secret(HmacHash::md5, "new"));
    CHECK(site.compiled("john", "imap-hmac-md5pw") == make_hmac_secret(HmacHash::md5, "new"));
    CHECK(site.compiled("john", "hmac-sha1pw") == make_hmac_secret(HmacHash::sha1, "new"));
    CHECK(site.compiled("john", "hmac-sha256pw") == "{PLAIN}new");
    for (const auto* field : {"scram-sha-256pw", "imap-scram-sha-256pw"}) {
        const auto stored = read_scram_secret(ScramHash::sha256, site.compiled("john", field));
        REQUIRE(stored);
        CHECK(scram_secret_of(ScramHash::sha256, "new", stored->salt, stored->iterations)->stored_key ==
              stored->stored_key);
    }
    CHECK(site.text().find(foreign) != std::string::npos);
}

TEST_CASE("an account without a password of its own changes its secrets; Courier's secrets in capitals too") {
    std::string capitals = make_hmac_secret(HmacHash::md5, "secret");
    std::ranges::transform(capitals, capitals.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    const Site site(line("john", "hmac-md5pw=" + capitals));
    CHECK_FALSE(site.changes("john", "wrong", "new"));
    REQUIRE(site.changes("john", "secret", "new"));
    CHECK(site.compiled("john", "hmac-md5pw") == make_hmac_secret(HmacHash::md5, "new"));
}

TEST_CASE("a new password that SCRAM cannot have leaves no old secret behind") {
    const Site site(line(
        "john", "scram-sha-256pw=" + make_scram_secret(ScramHash::sha256, "secret") + "|systempw=" + sha_of_secret));
    REQUIRE(site.changes("john", "secret", "\xE4\xF6\xFC"));
    CHECK(site.text().find("scram") == std::string::npos);
    CHECK(password_matches("\xE4\xF6\xFC", site.compiled("john", "systempw")));
}

TEST_CASE("texts that are not fit are refused before anything is looked at") {
    const Site site(line("john", std::string("systempw=") + sha_of_secret) +
                    line("a/b", std::string("systempw=") + sha_of_secret) +
                    line("o'neil", std::string("systempw=") + sha_of_secret) + "\tsystempw=" + sha_of_secret + "\n");
    const auto before = site.text();
    for (const auto* unfit : {"a|b", "a=b", "it's", "say \"a\"", "a\nb", "a\tb", "\x7F", ""}) {
        CHECK_FALSE(site.changes("john", "secret", unfit));
        CHECK_FALSE(site.changes("john", unfit, "new"));
        CHECK_FALSE(site.changes("john", "secret", "new", unfit));
        CHECK_FALSE(site.changes(unfit, "secret", "new"));
    }
    CHECK_FALSE(site.changes("a/b", "secret", "new"));
    CHECK_FALSE(site.changes("o'neil", "secret", "new"));
    CHECK_FALSE(site.changes("john", "secret", std::string(512, 'x')));
    CHECK(site.text() == before);
    CHECK(site.changes("john", "secret", std::string(511, 'x')));
    CHECK(site.changes("john", std::string(511, 'x'), std::string(510, 'x')));
}

TEST_CASE("in a folder of sources the account's own file is edited") {
    const TempFolder folder;
    folder.write("userdb/default", line("vmail", "systempw=*"));
    folder.write("userdb/sub/example-com", line("john", std::string("systempw=") + sha_of_secret), 0640);
    const auto changed = change_userdb_password(folder / "userdb", "imap", "john", "secret", "new");
    REQUIRE(changed.has_value());
    CHECK(*changed);
    CHECK(read_file(folder / "userdb/default") == line("vmail", "systempw=*"));
    const auto text = read_file(folder / "userdb/sub/example-com");
    CHECK(password_matches("new", record_fields(text, "john")->back().substr(9)));
    struct stat status {};
    REQUIRE(::stat((folder / "userdb/sub/example-com").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("what cannot be compiled or written is undone") {
    const Site site(line("john", std::string("systempw=") + sha_of_secret));
    const auto broken = site.text() + "jane\tuid=x\n";
    site.folder.write("userdb", broken);
    auto changed = site.change("john", "secret", "new");
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().code == Code::unavailable);
    CHECK(changed.error().detail == site.source + ":2: uid is no user id");
    CHECK(site.text() == broken);
    CHECK(site.compiled("john", "systempw") == sha_of_secret);

    site.folder.write("userdb", line("john", std::string("systempw=") + sha_of_secret));
    std::filesystem::create_directory(site.folder / ".tmp.userdb");
    changed = site.change("john", "secret", "new");
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().code == Code::unavailable);
    CHECK(site.compiled("john", "systempw") == sha_of_secret);

    changed = change_userdb_password(site.folder / "missing", "imap", "john", "secret", "new");
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().code == Code::unavailable);
}

TEST_CASE("of two changes from the same password one is done; changes of others are all done") {
    std::string text;
    for (int i = 0; i < 4; ++i) {
        text += line("user" + std::to_string(i), std::string("systempw=") + sha_of_secret);
    }
    const Site site(text);
    std::atomic<int> done = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        for (const auto* password : {"one", "two"}) {
            threads.emplace_back([&site, &done, user = "user" + std::to_string(i), password] {
                const auto changed = site.change(user, "secret", password);
                done += changed && *changed ? 1 : 0;
            });
        }
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(done == 4);
    for (int i = 0; i < 4; ++i) {
        const auto stored = site.compiled("user" + std::to_string(i), "systempw");
        CHECK(password_matches("one", stored) != password_matches("two", stored));
    }
}

}  // namespace
}  // namespace postrider::auth
