#include "auth/remake_password.hpp"

#include "auth/password.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

TEST_CASE("a new password is stored in the form of the old one") {
    const std::pair<std::string, std::string> forms[] = {
        {"$1$saltsalt$x", "$1$"},
        {"{MD5}x", "{MD5}"},
        {"{md5raw}x", "{MD5RAW}"},
        {"{SHA}x", "{SHA}"},
        {"{sha256}x", "{SHA256}"},
        {"{SHA512}x", "{SHA512}"},
        {"{SSHA}x", "{SSHA}"},
        {"$6$salt$x", "$6$"},
        {"{CRYPT}$6$salt$x", "{CRYPT}$6$"},
        {"$y$j9T$salt$x", "$y$"},
        {"{crypt}$1$s$x", "{CRYPT}$1$"},
        {"abXmMvHbWlS8k", "{SSHA}"},
        {"", "{SSHA}"},
        {"$5$salt$x", "$6$"},
        {"$2b$12$x", "$y$"},
        {"{CRYPT}$2y$12$x", "{CRYPT}$y$"},
        {"$argon2id$x", "$y$"},
        {"{ARGON2ID}$argon2id$x", "{CRYPT}$y$"},
        {"{SSHA256}x", "{CRYPT}$y$"},
        {"{ssha512}x", "{CRYPT}$y$"},
        {"{CRYPT}abXmMvHbWlS8k", "{SSHA}"},
    };
    for (const auto& [old, prefix] : forms) {
        const std::string made = remake_password(old, "secret");
        INFO(old << " " << made);
        CHECK(made.starts_with(prefix));
        CHECK(password_matches("secret", made));
        CHECK_FALSE(password_matches("Secret", made));
    }
    CHECK(remake_password("$1$saltsalt$x", "p").find('$', 3) == 3 + 5);  // Courier's salt of five
}

}  // namespace
}  // namespace postrider::auth
