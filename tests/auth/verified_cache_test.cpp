#include "auth/verified_cache.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using namespace std::chrono_literals;

constexpr PasswordCheck of_tim{"imap", "tim", "$y$hash", "secret"};

struct Fixture {
    ProcessSecret secret;
    VerifiedCache cache{secret, 4, 5min};
    VerifiedCache::Clock::time_point start{1h};
};

PasswordCheck of(const std::string& user) {
    return {"imap", user, "$y$hash", "secret"};
}

TEST_CASE_METHOD(Fixture, "what was right is known, and nothing that differs from it in one thing") {
    CHECK_FALSE(cache.knows(of_tim, start));
    cache.remember(of_tim, start);
    CHECK(cache.knows(of_tim, start));
    CHECK_FALSE(cache.knows({"pop3", "tim", "$y$hash", "secret"}, start));
    CHECK_FALSE(cache.knows({"imap", "tom", "$y$hash", "secret"}, start));
    CHECK_FALSE(cache.knows({"imap", "tim", "$y$hash", "Secret"}, start));
    CHECK_FALSE(cache.knows({"imap", "tim", "$y$hash", ""}, start));
}

TEST_CASE_METHOD(Fixture, "a changed account is not known") {
    cache.remember(of_tim, start);
    CHECK_FALSE(cache.knows({"imap", "tim", "$y$other", "secret"}, start));
}

TEST_CASE_METHOD(Fixture, "bytes do not move from one part to the next") {
    cache.remember(of_tim, start);
    CHECK_FALSE(cache.knows({"imapt", "im", "$y$hash", "secret"}, start));
    CHECK_FALSE(cache.knows({"imap", "tim", "$y$hashs", "ecret"}, start));
    CHECK_FALSE(cache.knows({"imap", "tim$y$hash", "", "secret"}, start));
}

TEST_CASE_METHOD(Fixture, "an entry ends five minutes after the check, however often it was of use") {
    cache.remember(of_tim, start);
    CHECK(cache.knows(of_tim, start + 4min));
    cache.remember(of_tim, start + 4min);
    CHECK(cache.knows(of_tim, start + 5min - 1ns));
    CHECK_FALSE(cache.knows(of_tim, start + 5min));
    CHECK(cache.size() == 0);
}

TEST_CASE_METHOD(Fixture, "full, it forgets the oldest") {
    for (int i = 0; i < 4; ++i) {
        cache.remember(of(std::to_string(i)), start + std::chrono::seconds(i));
    }
    CHECK(cache.size() == 4);
    CHECK(cache.knows(of("0"), start + 4s));
    cache.remember(of("4"), start + 4s);
    CHECK(cache.size() == 4);
    CHECK_FALSE(cache.knows(of("0"), start + 4s));
    for (const auto* user : {"1", "2", "3", "4"}) {
        CHECK(cache.knows(of(user), start + 4s));
    }
}

TEST_CASE_METHOD(Fixture, "with no entries it is off") {
    VerifiedCache off(secret, 0, 5min);
    off.remember(of_tim, start);
    CHECK_FALSE(off.knows(of_tim, start));
    CHECK(off.size() == 0);
}

TEST_CASE_METHOD(Fixture, "another process knows nothing of it") {
    const ProcessSecret other;
    CHECK(secret.mac("a", {"b"}) == secret.mac("a", {"b"}));
    CHECK(secret.mac("a", {"b"}) != other.mac("a", {"b"}));
    CHECK(secret.mac("a", {"b"}) != secret.mac("c", {"b"}));
    CHECK(secret.mac("a", {"b"}) != secret.mac("a", {"b", ""}));
    CHECK(secret.mac("a", {"b"}).size() == 32);
}

TEST_CASE_METHOD(Fixture, "threads use it side by side") {
    VerifiedCache shared(secret, 64, 5min);
    std::atomic<int> known = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const auto user = std::to_string(t) + "." + std::to_string(i);
                shared.remember(of(user), start);
                known += shared.knows(of(user), start) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(shared.size() == 64);
    CHECK(known > 0);
}

}  // namespace
}  // namespace postrider::auth
