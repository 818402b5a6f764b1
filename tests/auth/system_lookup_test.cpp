#include "auth/system_lookup.hpp"

#include <pwd.h>

#include <algorithm>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

TEST_CASE("a user of the system, as passwd(5) has him") {
    const passwd root = *::getpwnam("root");
    const auto found = find_system_user("root");
    REQUIRE((found && *found));
    CHECK((*found)->account.address == "root");
    CHECK((*found)->account.system_user == "root");
    CHECK((*found)->account.uid == 0);
    CHECK((*found)->account.home == root.pw_dir);
    CHECK((*found)->stored == root.pw_passwd);
    CHECK((*found)->account.full_name.find(',') == std::string::npos);
    for (const auto& name : {std::string("no-such-user-here"), std::string(), std::string("root\0", 5),
                             std::string("root\n"), std::string(5000, 'x')}) {
        const auto none = find_system_user(name);
        CHECK((none && !*none));
    }
}

TEST_CASE("accounts of the system are not listed") {
    const auto all = all_system_users();
    CHECK(std::ranges::none_of(all, [](const Account& one) { return one.uid < 100; }));
    CHECK(std::ranges::any_of(all, [](const Account& one) { return one.address == "nobody"; }));
}

TEST_CASE("an account and a password end after their last day") {
    constexpr long today = 20'000;
    CHECK_FALSE(is_expired({}, today));
    CHECK_FALSE(is_expired({.account_ends = today}, today));
    CHECK(is_expired({.account_ends = today - 1}, today));
    CHECK_FALSE(is_expired({.account_ends = -1, .password_changed = -1, .password_lasts = -1}, today));
    CHECK_FALSE(is_expired({.password_changed = today - 90, .password_lasts = 90}, today));
    CHECK(is_expired({.password_changed = today - 91, .password_lasts = 90}, today));
    CHECK_FALSE(is_expired({.password_changed = 0, .password_lasts = 90}, today));
    CHECK_FALSE(is_expired({.password_changed = 1, .password_lasts = -1}, today));
    CHECK_FALSE(is_expired({.password_changed = 1, .password_lasts = 99'999}, today));
}

}  // namespace
}  // namespace postrider::auth
