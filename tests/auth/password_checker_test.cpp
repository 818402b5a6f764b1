#include "auth/password_checker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <ctime>
#include <future>
#include <latch>
#include <vector>

#include "core/limits.hpp"
#include "support/catch.hpp"

#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 inlines one of the two allocation functions of Asio's coroutine frames and then finds them unlike.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace postrider::auth {
namespace {

constexpr auto sha_of_secret = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

struct Site {
    asio::thread_pool hashes{2};
    ProcessSecret secret;
    PasswordChecker checker{hashes, secret, 100, std::chrono::seconds(60)};
};

PasswordChecker::Question question(std::string password) {
    return {"imap", "u", sha_of_secret, Secret(std::move(password))};
}

TEST_CASE("256 checks wait at most, and those that are known wait for none of them") {
    asio::io_context loop;  // outlives the threads that answer to it
    Site site;
    CHECK(site.checker.matches({"imap", "u", sha_of_secret, "secret"}));
    std::latch gate(1);
    asio::post(site.hashes, [&] { gate.wait(); });
    asio::post(site.hashes, [&] { gate.wait(); });
    std::vector<std::future<Result<bool>>> waiting;
    const auto start = [&] {
        waiting.push_back(asio::co_spawn(loop, site.checker.check(question("secret")), asio::use_future));
        loop.restart();
        loop.poll();
        return waiting.back().wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    for (std::size_t i = 0; i < limits::hash_queue; ++i) {
        CHECK_FALSE(start());
    }
    CHECK(start());
    CHECK(waiting.back().get().error().code == Code::unavailable);
    waiting.pop_back();
    CHECK(site.checker.knows({"imap", "u", sha_of_secret, "secret"}));
    gate.count_down();
    loop.restart();
    loop.run();
    for (auto& one : waiting) {
        CHECK(*one.get());
    }
}

TEST_CASE("only what was right is known, and only for the very same question") {
    Site site;
    CHECK_FALSE(site.checker.matches({"imap", "u", sha_of_secret, "Secret"}));
    CHECK_FALSE(site.checker.knows({"imap", "u", sha_of_secret, "Secret"}));
    CHECK(site.checker.matches({"imap", "u", sha_of_secret, "secret"}));
    CHECK(site.checker.knows({"imap", "u", sha_of_secret, "secret"}));
    CHECK_FALSE(site.checker.knows({"pop3", "u", sha_of_secret, "secret"}));
    CHECK_FALSE(site.checker.knows({"imap", "v", sha_of_secret, "secret"}));
    CHECK_FALSE(site.checker.knows({"imap", "u", "{SHA}x", "secret"}));
}

TEST_CASE("no password fits what begins with a star or an exclamation mark, or is not there") {
    Site site;
    for (const std::string stored : {"", "*", "!", "!{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}) {
        CHECK_FALSE(site.checker.matches({"imap", "u", stored, "secret"}));
        CHECK_FALSE(site.checker.matches({"imap", "u", stored, stored}));
    }
}

TEST_CASE("the time that is spent for nobody is that of this site's hashes") {
    Site site;
    const auto cost = [](const auto& work) {
        const auto begin = std::clock();
        work();
        return static_cast<double>(std::clock() - begin);
    };
    // 40 times the rounds of the standard, so that a fixed cost would be seen.
    const double known = cost([&] {
        CHECK_FALSE(site.checker.matches({"imap", "u", "$6$rounds=200000$saltsalt$x", "guess"}));
    });
    const double none = cost([&] { CHECK_FALSE(site.checker.matches({"imap", "u", "*", "guess"})); });
    CHECK(none > known * 0.5);
    CHECK(none < known * 2);
}

}  // namespace
}  // namespace postrider::auth
