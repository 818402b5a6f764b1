#include "auth/argon2.hpp"

#include <ctime>
#include <string>

#include "auth/password.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

// Made by the library's own command for the password "secret".
constexpr std::string_view argon2id =
    "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$NwLSKyqrGIiZOR0o1xAodvQbqYvoClGXx5cYXiW9kDY";
constexpr std::string_view argon2i =
    "$argon2i$v=19$m=256,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$C7bJY4tFfOMi8OVfx/wr8CNrQzIBtEA10fcaNXsmJPY";
constexpr std::string_view argon2d_old = "$argon2d$v=16$m=64,t=1,p=2$c29tZXNhbHQ$+HQV7GNXo+ydcmJ/NDb/3w";

/// The same text with one part put for another.
std::string with(std::string_view text, std::string_view part, std::string_view other) {
    std::string changed(text);
    return changed.replace(changed.find(part), part.size(), other);
}

TEST_CASE("Argon2 hashes know their password and no other") {
    const auto prefix = GENERATE("", "{ARGON2}", "{argon2i}", "{ARGON2ID}");
    for (const auto hash : {argon2id, argon2i, argon2d_old}) {
        const auto stored = prefix + std::string(hash);
        INFO(stored);
        CHECK(password_matches("secret", stored));
        CHECK_FALSE(password_matches("Secret", stored));
        CHECK_FALSE(password_matches("", stored));
        CHECK_FALSE(password_matches(std::string_view("secret\0", 7), stored));
    }
}

TEST_CASE("no version is the first version") {
    CHECK(argon2_matches("secret", with(argon2d_old, "v=16$", "")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "v=19$", "")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "v=19", "v=18")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "v=19", "v=")));
}

TEST_CASE("malformed Argon2 hashes match nothing") {
    CHECK_FALSE(argon2_matches("secret", ""));
    for (std::size_t size = 0; size < argon2id.size(); ++size) {
        CHECK_FALSE(argon2_matches("secret", argon2id.substr(0, size)));
    }
    CHECK_FALSE(argon2_matches("secret", std::string(argon2id) + "x"));
    CHECK_FALSE(argon2_matches("secret", std::string(argon2id) + "="));
    CHECK_FALSE(argon2_matches("secret", std::string(argon2id) + "$x"));
    for (const auto* costs : {"m=64,t=2", "m=64,t=2,p=", "m=64,t=2,p=0", "m=64,t=0,p=1", "m=0,t=2,p=1", "m=7,t=2,p=1",
                              "t=2,m=64,p=1", "m=-64,t=2,p=1", "m=4294967360,t=2,p=1", "m=64,t=4294967298,p=1",
                              "m=64,t=2,p=4294967297", "m=64,t=2,p=1,x", "m=64,t=2,p=9", "m=64, t=2,p=1"}) {
        INFO(costs);
        CHECK_FALSE(argon2_matches("secret", with(argon2id, "m=64,t=2,p=1", costs)));
    }
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "argon2id", "argon2x")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "$argon2id", "argon2id")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "c29tZXNhbHQ", "c29tZXNhbHQ=")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "c29tZXNhbHQ", "")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "c29tZXNhbHQ", "c2FsdA")));  // 4 bytes of salt; 8 are the least
}

TEST_CASE("a stored Argon2 hash may ask for 256 MiB, and for 1 GiB in all passes") {
    CHECK(argon2_matches("secret", "$argon2id$v=19$m=262144,t=1,p=1$c29tZXNhbHQ$47kO2t2yoJ8BUe9crBxn8g"));
    CHECK_FALSE(argon2_matches("secret", "$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$om+aoYk8M1Bs2AOfFOiSjQ"));
    CHECK(argon2_matches("secret", "$argon2id$v=19$m=1024,t=1024,p=1$c29tZXNhbHQ$xEFrmLZznSzrGFnBKm4aiA"));
    CHECK_FALSE(argon2_matches("secret", "$argon2id$v=19$m=1024,t=1025,p=1$c29tZXNhbHQ$jwJrjDuoB1OyOMopN8QCiw"));
}

TEST_CASE("what asks for more costs nothing") {
    const std::clock_t begin = std::clock();
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "m=64,t=2", "m=4294967295,t=4294967295")));
    CHECK_FALSE(argon2_matches("secret", with(argon2id, "m=64,t=2", "m=262144,t=4294967295")));
    CHECK(std::clock() - begin < CLOCKS_PER_SEC / 10);
}

}  // namespace
}  // namespace postrider::auth
