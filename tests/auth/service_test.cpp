#include "auth/service.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <ctime>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "auth/scram_client.hpp"
#include "auth/temp_folder.hpp"
#include "auth/user_database.hpp"
#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using postrider::test::TempFolder;

constexpr auto sha_of_secret = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
constexpr auto md5_of_1234 = "{MD5}gdyb21LQTcIANtvYMT7QVQ==";
constexpr auto md5_of_secret = "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==";

/// What a client of CRAM-MD5 answers.
std::string cram_digest(const std::string& password, const std::string& challenge) {
    std::array<unsigned char, 16> digest{};
    HMAC(EVP_md5(), password.data(), static_cast<int>(password.size()),
         reinterpret_cast<const unsigned char*>(challenge.data()), challenge.size(), digest.data(), nullptr);
    std::string text;
    for (const unsigned char byte : digest) {
        text += "0123456789abcdef"[byte / 16];
        text += "0123456789abcdef"[byte % 16];
    }
    return text;
}

/// A service on a database of its own.
struct Fixture {
    explicit Fixture(const std::string& text, Settings settings = {}) {
        settings.userdb = folder.write("userdb", text);
        REQUIRE_FALSE(compile_userdb(settings.userdb));
        service = std::make_unique<Service>(Threads{look_ups, pool, look_ups}, secret, std::move(settings));
    }

    template <class T>
    T run(Task<T> task) {
        auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
        loop.restart();
        loop.run();
        return done.get();
    }

    Result<Account> log_in(Proof proof, std::string name = "imap") {
        auto admitted = run(service->log_in(std::move(name), std::move(proof), "192.0.2.1"));
        if (!admitted) {
            return admitted.error();
        }
        return std::move(admitted->account);
    }
    Result<Account> log_in(std::string user, std::string password, std::string name = "imap") {
        return log_in(Credentials(std::move(user), std::move(password)), std::move(name));
    }

    Code refusal(std::string user, std::string password, std::string name = "imap") {
        const auto result = log_in(std::move(user), std::move(password), std::move(name));
        return result ? Code::internal : result.error().code;
    }

    TempFolder folder;
    asio::io_context loop;
    asio::thread_pool look_ups{2};
    asio::thread_pool pool{2};
    ProcessSecret secret;
    std::unique_ptr<Service> service;
};

std::string line(const std::string& name, const std::string& fields) {
    return name + "\tuid=1012|gid=1013|home=/h" + (fields.empty() ? "" : "|" + fields) + "\n";
}

TEST_CASE("a user logs in with the password of the service, else the system password") {
    Fixture site(line("both", std::string("imappw=") + md5_of_secret +
                                  "|systempw={MD5}"
                                  "gdyb21LQTcIANtvYMT7QVQ==") +
                 line("system", std::string("systempw=") + sha_of_secret) + line("star", "systempw=*") +
                 line("locked", "systempw=!$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1") + line("none", "") +
                 "bare\tuid=1|systempw=" + sha_of_secret + "\n1012=\tboth\n");
    const auto account = site.log_in("system", "secret");
    REQUIRE(account.has_value());
    CHECK(account->address == "system");
    CHECK(account->uid == 1012);
    CHECK(account->gid == 1013);
    CHECK(site.log_in("both", "secret", "imap").has_value());
    CHECK(site.refusal("both", "1234", "imap") == Code::denied);
    CHECK(site.refusal("both", "secret", "pop3") == Code::denied);
    for (const auto* user : {"star", "locked", "none", "bare", "unknown", "1012=", "System", "system "}) {
        INFO(user);
        CHECK(site.refusal(user, "secret") == Code::denied);
        CHECK(site.refusal(user, "*") == Code::denied);
    }
}

TEST_CASE("the password of another user opens no account that does not exist or has none") {
    Fixture site(line("u", std::string("systempw=") + sha_of_secret) + line("none", "") + line("star", "systempw=*") +
                 "bare\tuid=1|systempw=" + sha_of_secret + "\n");
    CHECK(site.log_in("u", "secret").has_value());
    for (const auto* user : {"unknown", "none", "star", "bare"}) {
        INFO(user);
        CHECK(site.refusal(user, "secret") == Code::denied);
    }
}

TEST_CASE("a digest of APOP opens the account whose password is known, and no other") {
    Fixture site(line("clear", "pop3pw={PLAIN}secret") + line("hashed", std::string("systempw=") + sha_of_secret) +
                 line("none", ""));
    const auto answer = [&site](std::string user, std::string timestamp) {
        Credentials credentials(std::move(user), "37257aa37904a2ac86c6572e6528a18c");  // of <1@x> and secret
        credentials.timestamp = std::move(timestamp);
        const auto result = site.log_in(std::move(credentials), "pop3");
        return result ? Code::internal : result.error().code;
    };
    CHECK(answer("clear", "<1@x>") == Code::internal);  // no refusal
    CHECK(answer("clear", "<2@x>") == Code::denied);
    CHECK(answer("clear", "") == Code::denied);
    for (const auto* user : {"hashed", "none", "unknown"}) {
        INFO(user);
        CHECK(answer(user, "<1@x>") == Code::denied);
    }
    CHECK(site.log_in("clear", "secret", "pop3").has_value());
}

TEST_CASE("bad credentials are denied before anything is looked up") {
    Fixture site(line("u", std::string("systempw=") + sha_of_secret));
    std::filesystem::remove(site.folder / "userdb.lmdb");  // a look-up would be "unavailable"
    CHECK(site.refusal("u", "secret") == Code::unavailable);
    CHECK(site.refusal("", "secret") == Code::denied);
    CHECK(site.refusal("u", "") == Code::denied);
    CHECK(site.refusal("u\n", "secret") == Code::denied);
    CHECK(site.refusal("u", std::string("secret\0", 7)) == Code::denied);
    for (const std::size_t size : {limits::credential_bytes - 1, limits::credential_bytes}) {
        CHECK(site.refusal(std::string(size, 'u'), "p") == Code::unavailable);
        CHECK(site.refusal("u", std::string(size, 'p')) == Code::unavailable);
    }
    CHECK(site.refusal(std::string(limits::credential_bytes + 1, 'u'), "p") == Code::denied);
    CHECK(site.refusal("u", std::string(limits::credential_bytes + 1, 'p')) == Code::denied);
}

TEST_CASE("a damaged database is trouble, not a refusal") {
    Fixture site(line("u", std::string("systempw=") + sha_of_secret));
    site.folder.write("userdb.lmdb", "garbage");
    CHECK(site.refusal("u", "secret") == Code::unavailable);
}

TEST_CASE("the default domain is appended to names without a separator") {
    const auto with = [](std::string domain, std::string separators, std::string user) {
        return with_default_domain({.name = std::move(domain), .separators = std::move(separators)}, std::move(user));
    };
    CHECK(with("", "", "john") == "john");
    CHECK(with("", "@", "john") == "john");
    CHECK(with("@example.com", "", "john") == "john@example.com");
    CHECK(with("@example.com", "", "john@x.y") == "john@x.y");
    CHECK(with("@example.com", "", "john%x.y") == "john%x.y@example.com");
    CHECK(with("@example.com", "@%", "john%x.y") == "john%x.y");
    CHECK(with("@example.com", "%", "john@x.y") == "john@x.y@example.com");

    Fixture site(line("john@example.com", std::string("systempw=") + sha_of_secret),
                 {.imap_domain = {.name = "@example.com"}, .pop3_domain = {.name = "@example.net"}});
    const auto account = site.log_in("john", "secret");
    REQUIRE(account.has_value());
    CHECK(account->address == "john@example.com");
    CHECK_FALSE(site.log_in("john", "secret", "pop3").has_value());
}

TEST_CASE("accounts get the default options") {
    Fixture site(line("own", std::string("options=disableimap=0,group=a|systempw=") + sha_of_secret) +
                     line("plain", std::string("systempw=") + sha_of_secret),
                 {.default_options = "disableimap=1,wbnodsn=1"});
    CHECK(site.log_in("own", "secret")->options == "disableimap=0,group=a,wbnodsn=1");
    CHECK(site.log_in("plain", "secret")->options == "disableimap=1,wbnodsn=1");
    const auto found = site.run(site.service->chain().find({.service = "x", .user = "own"}));
    CHECK((*found)->account.options == "disableimap=0,group=a,wbnodsn=1");
}

TEST_CASE("an unknown user costs what a user of this database costs") {
    // 200,000 rounds: 40 times the default, so a fixed cost would be seen.
    Fixture site(line("known", "systempw=$6$rounds=200000$saltsalt$x") + line("none", "") + line("star", "systempw=*") +
                 line("locked", "systempw=!x"));
    const auto cost = [&](const std::string& user) {
        const auto begin = std::clock();
        CHECK(site.refusal(user, "guess") == Code::denied);
        return static_cast<double>(std::clock() - begin);
    };
    const double known = cost("known");
    for (const auto* user : {"unknown", "none", "star", "locked"}) {
        INFO(user);
        CHECK(cost(user) > known * 0.5);
    }
    CHECK(cost("unknown") < known * 2);
}

TEST_CASE("what was right a short time ago needs no thread for hashes, until the password is another one") {
    Fixture site(line("u", std::string("systempw=") + sha_of_secret));
    CHECK(site.log_in("u", "secret").has_value());
    std::latch gate(1);
    asio::post(site.pool, [&] { gate.wait(); });
    asio::post(site.pool, [&] { gate.wait(); });
    CHECK(site.log_in("u", "secret").has_value());
    gate.count_down();
    CHECK(site.refusal("u", "Secret") == Code::denied);
    site.folder.write("userdb", line("u", std::string("systempw=") + md5_of_1234));
    REQUIRE_FALSE(compile_userdb(site.folder / "userdb"));
    CHECK(site.refusal("u", "secret") == Code::denied);
    CHECK(site.log_in("u", "1234").has_value());
}

TEST_CASE("CRAM: the secret of the service, else the one of all, else a password in clear") {
    Fixture site(line("own", "imap-hmac-md5pw=" + make_hmac_secret(HmacHash::md5, "imap") +
                                 "|hmac-md5pw=" + make_hmac_secret(HmacHash::md5, "all")) +
                     line("clear@example.com", "systempw={PLAIN}secret") +
                     line("hash", std::string("systempw=") + sha_of_secret),
                 {.imap_domain = {.name = "@example.com", .separators = "@w"}});
    const auto prove = [&site](const std::string& user, const std::string& password, const std::string& service) {
        const std::string digest = cram_digest(password, "<1@x>");
        return site.log_in(CramProof{HmacHash::md5, user, "<1@x>", digest}, service).has_value();
    };
    CHECK(prove("own", "imap", "imap"));
    CHECK_FALSE(prove("own", "all", "imap"));
    CHECK(prove("own", "all", "pop3"));
    CHECK(prove("clear", "secret", "imap"));
    CHECK_FALSE(prove("clear", "secret", "pop3"));
    CHECK_FALSE(prove("hash", "secret", "pop3"));
    CHECK_FALSE(prove("nobody", "secret", "pop3"));
}

TEST_CASE("SCRAM: salt and proof, whether there is such a user or not") {
    const std::string stored = make_scram_secret(ScramHash::sha256, "secret");
    Fixture site(line("u", "scram-sha-256pw=" + stored + "|systempw=" + sha_of_secret) +
                 line("hash", std::string("systempw=") + sha_of_secret));
    const auto enter = [&site](const std::string& user, const std::string& password) {
        test::ScramClient client(ScramHash::sha256, user, password);
        const auto question = ScramQuestion{ScramHash::sha256, user};
        const auto offer = site.run(site.service->offer("imap", question));
        REQUIRE(offer.has_value());
        CHECK(offer->iterations == limits::scram_iterations);
        ScramProof proof = client.proof_for(*offer);
        auto admitted = site.run(site.service->log_in("imap", proof, ""));
        if (admitted) {
            CHECK(admitted->signature == client.expected_signature());
        }
        return admitted ? Code::internal : admitted.error().code;
    };
    CHECK(enter("u", "secret") == Code::internal);  // no refusal
    CHECK(enter("u", "Secret") == Code::denied);
    CHECK(enter("hash", "secret") == Code::denied);
    CHECK(enter("nobody", "secret") == Code::denied);
}

TEST_CASE("a certificate's name opens an account, where the settings let it") {
    const std::string accounts = line("ann@example.com", "") + line("ann", "");
    const DefaultDomain domain{.name = "@example.com"};
    Fixture with(accounts, {.imap_domain = domain, .external = true});
    CHECK(with.log_in(ExternalIdentity{"ann@example.com"}).has_value());
    CHECK(with.log_in(ExternalIdentity{"ann"})->address == "ann");
    CHECK_FALSE(with.log_in(ExternalIdentity{"bob"}).has_value());
    Fixture without(accounts, {.imap_domain = domain});
    CHECK_FALSE(without.log_in(ExternalIdentity{"ann@example.com"}).has_value());
}

TEST_CASE("a list with a module that there is not") {
    TempFolder folder;
    asio::thread_pool pool(1);
    const ProcessSecret secret;
    const Threads threads{pool, pool, pool};
    CHECK_THROWS_AS(Service(threads, secret, {.modules = {"authuserdb", "authnone"}}), std::invalid_argument);
    for (const std::string_view module : module_names()) {
        INFO(module);
        CHECK_NOTHROW(Service(threads, secret, {.modules = {std::string(module)}, .folder = folder.path()}));
    }
}

}  // namespace
}  // namespace postrider::auth
