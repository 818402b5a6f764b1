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
    for (const auto* name : {"", "PLAI", "PLAINX", "CRAM-MD5", "EXTERNAL"}) {
        CHECK(make_sasl_exchange(name) == nullptr);
    }
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
