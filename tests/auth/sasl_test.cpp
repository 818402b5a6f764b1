#include "auth/sasl.hpp"

#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::string_literals;

SaslStep plain(std::string_view message) {
    return make_sasl_exchange("PLAIN")->start(message);
}

bool gives(const SaslStep& step, std::string_view user, std::string_view password) {
    const auto* found = std::get_if<Credentials>(&step);
    return found != nullptr && found->user == user && found->password == password;
}

bool fails(const SaslStep& step) {
    return std::holds_alternative<SaslFailure>(step);
}

bool asks(const SaslStep& step, std::string_view prompt) {
    const auto* found = std::get_if<SaslChallenge>(&step);
    return found != nullptr && found->bytes == prompt;
}

TEST_CASE("mechanisms are known in any case") {
    CHECK(sasl_mechanisms() == std::vector<std::string_view>{"PLAIN", "LOGIN"});
    CHECK(make_sasl_exchange("pLaIn") != nullptr);
    CHECK(make_sasl_exchange("login") != nullptr);
    for (const auto* name : {"", "PLAI", "PLAINX", "NTLM", "EXTERNAL", "SCRAM-SHA-256-PLUS"}) {
        CHECK(make_sasl_exchange(name) == nullptr);
    }
    for (const auto* name : {"CRAM-MD5", "CRAM-SHA1", "CRAM-SHA256", "SCRAM-SHA-1", "SCRAM-SHA-256"}) {
        CHECK(make_sasl_exchange(name) != nullptr);  // though it is not announced
    }
}

TEST_CASE("a setting names mechanisms; other words are not ours") {
    const auto both = MechanismSet{Mechanism::plain, Mechanism::cram_md5};
    CHECK(mechanisms_in("IMAP4rev1 IDLE AUTH=PLAIN  auth=cram-md5 LOGIN AUTH=X AUTH=", "AUTH=") == both);
    CHECK(mechanisms_in(" PLAIN\tCRAM-MD5 ", "") == both);
    CHECK(mechanisms_in("", "AUTH=") == MechanismSet{});
    CHECK(mechanism_of("scram-sha-1-plus") == Mechanism::scram_sha1_plus);
    CHECK_FALSE(mechanism_of("SCRAM-SHA-512"));
}

TEST_CASE("what is announced can be used, and nothing else") {
    SaslContext context;
    context.announced = mechanisms_in(
        "LOGIN PLAIN CRAM-MD5 CRAM-SHA1 CRAM-SHA256 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS "
        "EXTERNAL",
        "");
    using Names = std::vector<std::string_view>;
    const Names bare{"SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-SHA256", "CRAM-SHA1", "CRAM-MD5", "PLAIN", "LOGIN"};
    CHECK(sasl_mechanisms(context) == bare);
    for (const auto* name : {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "EXTERNAL"}) {
        CHECK(make_sasl_exchange(name, context) == nullptr);
    }
    context.bindings = {{"tls-exporter", "data"}};
    context.identity = "tim";
    const Names all{"SCRAM-SHA-256-PLUS",
                    "SCRAM-SHA-256",
                    "SCRAM-SHA-1-PLUS",
                    "SCRAM-SHA-1",
                    "CRAM-SHA256",
                    "CRAM-SHA1",
                    "CRAM-MD5",
                    "PLAIN",
                    "LOGIN",
                    "EXTERNAL"};
    CHECK(sasl_mechanisms(context) == all);
    for (const auto name : all) {
        CHECK(make_sasl_exchange(name, context) != nullptr);
    }
    context.announced = {};
    CHECK(sasl_mechanisms(context) == Names{"EXTERNAL"});
}

TEST_CASE("EXTERNAL: the client is who its certificate says. compat/auth.md section 5") {
    SaslContext context;
    context.identity = "tim@example.com";
    const auto outcome = [&](std::optional<std::string_view> initial) {
        return make_sasl_exchange("EXTERNAL", context)->start(initial);
    };
    CHECK(std::get<ExternalIdentity>(outcome("tim@example.com")).user == "tim@example.com");
    CHECK(std::get<ExternalIdentity>(outcome("")).user == "tim@example.com");
    for (const auto* other : {"tim", "TIM@example.com", "tom@example.com", "tim@example.com "}) {
        CHECK(fails(outcome(other)));
    }
    const auto exchange = make_sasl_exchange("EXTERNAL", context);
    CHECK(asks(exchange->start(std::nullopt), ""));
    CHECK(std::get<ExternalIdentity>(exchange->next("")).user == "tim@example.com");
    CHECK(fails(exchange->next("")));
    context.identity = "t\nim";
    CHECK(fails(outcome("")));
    context.identity = std::string(limits::credential_bytes + 1, 'x');
    CHECK(fails(outcome("")));
}

TEST_CASE("only SCRAM asks questions") {
    const auto exchange = make_sasl_exchange("PLAIN");
    CHECK(fails(exchange->offered({})));
    CHECK(fails(exchange->verified("")));
}

TEST_CASE("PLAIN: authzid, authcid, password. RFC 4616 section 2") {
    CHECK(gives(plain("\0tim\0tanstaaftanstaaf"s), "tim", "tanstaaftanstaaf"));
    CHECK(gives(plain("tim\0tim\0secret"s), "tim", "secret"));
    CHECK(gives(plain("\0\xC3\xA9\0p\xC3\xA4ss word"s), "\xC3\xA9", "p\xC3\xA4ss word"));
    CHECK(gives(plain("\0\0"s), "", ""));
    CHECK(fails(plain("")));
    CHECK(fails(plain("tim")));
    CHECK(fails(plain("\0tim"s)));
    CHECK(fails(plain("\0tim\0a\0b"s)));
    CHECK(fails(plain("\0tim\0secret\0"s)));
    CHECK(fails(plain("\0t\nim\0secret"s)));
    CHECK(fails(plain("\0tim\0sec\x7Fret"s)));
}

TEST_CASE("PLAIN: nobody acts for another user. RFC 4616 section 2") {
    CHECK(fails(plain("fred\0tim\0secret"s)));
}

TEST_CASE("PLAIN without an initial response asks with an empty challenge") {
    const auto exchange = make_sasl_exchange("PLAIN");
    CHECK(asks(exchange->start(std::nullopt), ""));
    CHECK(gives(exchange->next("\0tim\0secret"s), "tim", "secret"));
    CHECK(fails(exchange->next("\0tim\0secret"s)));
}

TEST_CASE("LOGIN asks twice, or once after an initial response") {
    const auto exchange = make_sasl_exchange("LOGIN");
    CHECK(asks(exchange->start(std::nullopt), "Username:"));
    CHECK(asks(exchange->next("tim"), "Password:"));
    CHECK(gives(exchange->next("secret"), "tim", "secret"));
    CHECK(fails(exchange->next("secret")));

    const auto shorter = make_sasl_exchange("LOGIN");
    CHECK(asks(shorter->start("tim"), "Password:"));
    CHECK(gives(shorter->next(""), "tim", ""));

    const auto bad = make_sasl_exchange("LOGIN");
    CHECK(asks(bad->start("t\0im"s), "Password:"));
    CHECK(fails(bad->next("secret")));
}

TEST_CASE("user name and password have 1024 bytes at most") {
    for (const std::size_t size : {limits::credential_bytes - 1, limits::credential_bytes}) {
        const std::string text(size, 'x');
        CHECK(gives(plain('\0' + text + '\0' + text), text, text));
    }
    const std::string longer(limits::credential_bytes + 1, 'x');
    CHECK(fails(plain('\0' + longer + "\0p"s)));
    CHECK(fails(plain("\0u\0"s + longer)));
}

TEST_CASE("an exchange has 8192 bytes at most") {
    // Measured by the challenge that a LOGIN user name gets: PLAIN's parts are limited more narrowly.
    for (const std::size_t size : {limits::sasl_bytes - 1, limits::sasl_bytes}) {
        CHECK(asks(make_sasl_exchange("LOGIN")->start(std::string(size, 'x')), "Password:"));
    }
    CHECK(fails(make_sasl_exchange("LOGIN")->start(std::string(limits::sasl_bytes + 1, 'x'))));

    const auto sum = [](std::size_t first) {
        const auto exchange = make_sasl_exchange("LOGIN");
        (void)exchange->start(std::string(first, 'x'));
        return std::get<SaslFailure>(exchange->next("0123456789")).reason;
    };
    CHECK(sum(limits::sasl_bytes - 10) == "user name or password too long");
    CHECK(sum(limits::sasl_bytes - 9) == "exchange too long");
}

}  // namespace
}  // namespace postrider::auth
