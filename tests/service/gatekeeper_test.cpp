// Grants and sessions: who gets in, how often, for how long. Passwords: tests/auth.
#include "service/gatekeeper.hpp"

#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <exception>
#include <filesystem>
#include <future>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/temp_folder.hpp"
#include "auth/user_database.hpp"
#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::service {
namespace {

using namespace std::chrono_literals;
using Clock = Gatekeeper::Clock;

constexpr auto users =
    "ann\tuid=1012|gid=1013|home=/h/ann|systempw={SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
    "bob\tuid=1014|gid=1013|home=/h/bob|systempw={SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

const auto here = boost::asio::ip::make_address("192.0.2.1");

class Site {
public:
    explicit Site(std::size_t per_account = 500) {
        settings.auth.userdb = folder.write("userdb", users);
        REQUIRE_FALSE(auth::compile_userdb(settings.auth.userdb));
        settings.login_limits.per_account = per_account;
        gatekeeper.emplace(auth::Threads{pool, pool, pool}, settings, [this] { return now.load(); });
    }

    ~Site() { pool.join(); }  // its threads hold the loop a little longer than the answers do
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    static auth::LoginRequest request(std::string user, std::string password = "secret") {
        return {Protocol::imap, auth::Credentials(std::move(user), std::move(password)), here, true};
    }

    std::future<Result<auth::Grant>> start(auth::LoginRequest request) {
        return asio::co_spawn(loop, gatekeeper->log_in(std::move(request)), asio::use_future);
    }

    Result<auth::Grant> log_in(std::string user, std::string password = "secret") {
        auto answer = start(request(std::move(user), std::move(password)));
        loop.restart();
        while (answer.wait_for(0s) != std::future_status::ready) {
            loop.run_one_for(10s);
        }
        return answer.get();
    }

    /// The answer, when there is one without waiting.
    std::optional<Result<auth::Grant>> answer_now(auth::LoginRequest request) {
        auto answer = start(std::move(request));
        loop.restart();
        loop.poll();
        const bool ready = answer.wait_for(0s) == std::future_status::ready;
        return ready ? std::optional(answer.get()) : std::nullopt;
    }
    std::optional<Result<auth::Grant>> log_in_now(std::string user) { return answer_now(request(std::move(user))); }

    void finish(std::vector<std::future<Result<auth::Grant>>>& answers) {
        loop.restart();
        loop.run();
        for (auto& answer : answers) {
            REQUIRE(answer.wait_for(0s) == std::future_status::ready);
        }
    }

    /// A log-in that must be granted.
    std::uint64_t session_of(std::string user) {
        const auto grant = log_in(std::move(user));
        REQUIRE(grant.has_value());
        return grant->session;
    }

    test::TempFolder folder;
    static constexpr int threads = 2;
    asio::thread_pool pool{threads};
    Settings settings;
    /// Long ago for the timers: no delay lasts in this time.
    std::atomic<Clock::time_point> now = Clock::now() - 1h;
    std::optional<Gatekeeper> gatekeeper;
    std::vector<std::future<Result<auth::Grant>>> waiting;
    asio::io_context loop;  ///< what waits there ends before the gatekeeper
};

TEST_CASE("a grant is good once") {
    Site site;
    const auto session = site.session_of("ann");
    CHECK(session != 0);
    CHECK(site.gatekeeper->totals().sessions == 0);
    const auto account = site.gatekeeper->redeem(session, Protocol::imap);
    REQUIRE(account.has_value());
    CHECK(account->address == "ann");
    CHECK(account->uid == 1012);
    CHECK_FALSE(site.gatekeeper->redeem(session, Protocol::imap).has_value());
    CHECK(site.gatekeeper->totals().sessions == 1);
    site.gatekeeper->release(session);
    CHECK_FALSE(site.gatekeeper->redeem(session, Protocol::imap).has_value());
    CHECK(site.gatekeeper->totals().sessions == 0);
}

TEST_CASE("a number that was never granted opens nothing; each grant opens its own account") {
    Site site;
    CHECK_FALSE(site.gatekeeper->redeem(0, Protocol::imap).has_value());
    CHECK_FALSE(site.gatekeeper->redeem(1, Protocol::imap).has_value());
    const auto ann = site.session_of("ann");
    const auto bob = site.session_of("bob");
    CHECK(ann != bob);
    CHECK_FALSE(site.gatekeeper->redeem(bob + 1, Protocol::imap).has_value());
    CHECK(site.gatekeeper->redeem(bob, Protocol::imap)->address == "bob");
    CHECK(site.gatekeeper->redeem(ann, Protocol::imap)->address == "ann");
}

TEST_CASE("a grant is good for the protocol that was asked for alone") {
    Site site;
    const auto session = site.session_of("ann");
    CHECK_FALSE(site.gatekeeper->redeem(session, Protocol::pop3).has_value());
    CHECK(site.gatekeeper->totals().unsettled == 1);
    CHECK(site.gatekeeper->redeem(session, Protocol::imap).has_value());
}

TEST_CASE("a grant is good until its time is over, and its place is free then") {
    for (const bool good : {true, false}) {
        Site site(1);
        const auto session = site.session_of("ann");
        site.now = site.now.load() + (good ? limits::grant_time - 1ms : limits::grant_time);
        if (good) {
            const auto full = site.log_in("ann");
            REQUIRE_FALSE(full.has_value());
            CHECK(full.error().code == Code::limit);
        } else {
            CHECK(site.log_in("ann").has_value());
        }
        CHECK(site.gatekeeper->redeem(session, Protocol::imap).has_value() == good);
    }
}

TEST_CASE("a session that began outlives the time of its grant") {
    Site site(1);
    const auto session = site.session_of("ann");
    REQUIRE(site.gatekeeper->redeem(session, Protocol::imap).has_value());
    site.now = site.now.load() + 10 * limits::grant_time;
    CHECK(site.session_of("bob") != session);
    CHECK(site.gatekeeper->totals().sessions == 1);
    CHECK_FALSE(site.log_in("ann").has_value());
}

TEST_CASE("abandon gives back a grant that is not used, and does nothing to a session") {
    Site site(1);
    const auto unused = site.session_of("ann");
    site.gatekeeper->abandon(unused);
    CHECK_FALSE(site.gatekeeper->redeem(unused, Protocol::imap).has_value());
    const auto used = site.session_of("ann");
    REQUIRE(site.gatekeeper->redeem(used, Protocol::imap).has_value());
    site.gatekeeper->abandon(used);
    site.gatekeeper->abandon(used + 1);
    CHECK(site.gatekeeper->totals().sessions == 1);
    CHECK_FALSE(site.log_in("ann").has_value());
}

TEST_CASE("an account has so many sessions and no more; a release gives the place back, once") {
    Site site(3);
    std::vector<std::uint64_t> sessions;
    for (int i = 0; i < 3; ++i) {
        sessions.push_back(site.session_of("ann"));
        REQUIRE(site.gatekeeper->redeem(sessions.back(), Protocol::imap).has_value());
    }
    const auto refused = site.log_in("ann");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::limit);
    CHECK(refused.error().detail.find("MAXPERACCOUNT") != std::string::npos);
    CHECK(site.log_in("bob").has_value());
    site.gatekeeper->release(sessions[1]);
    site.gatekeeper->release(sessions[1]);
    site.session_of("ann");
    CHECK_FALSE(site.log_in("ann").has_value());
    const auto totals = site.gatekeeper->totals();
    CHECK(totals.accepted == 5);
    CHECK(totals.denied == 0);
    CHECK(totals.unavailable == 2);
}

TEST_CASE("new settings: another limit for log-ins from then on") {
    Site site(1);
    REQUIRE(site.gatekeeper->redeem(site.session_of("ann"), Protocol::imap).has_value());
    CHECK_FALSE(site.log_in("ann").has_value());
    site.settings.login_limits.per_account = 2;
    site.gatekeeper->replace(site.settings);
    CHECK(site.log_in("ann").has_value());
    CHECK_FALSE(site.log_in("ann").has_value());
    CHECK(site.gatekeeper->totals().sessions == 1);
}

TEST_CASE("denied and not decided are counted apart") {
    Site site;
    const auto denied = site.log_in("ann", "wrong");
    REQUIRE_FALSE(denied.has_value());
    CHECK(denied.error().code == Code::denied);
    CHECK(site.log_in("nobody").error().code == Code::denied);
    CHECK(site.gatekeeper->totals().denied == 2);
    CHECK(site.gatekeeper->totals().unavailable == 0);
    std::filesystem::remove(site.folder / "userdb.lmdb");
    site.gatekeeper->replace(site.settings);
    CHECK(site.log_in("ann").error().code == Code::unavailable);
    const auto totals = site.gatekeeper->totals();
    CHECK(totals.denied == 2);
    CHECK(totals.unavailable == 1);
    CHECK(totals.accepted == 0);
    CHECK(totals.sessions == 0);
}

/// Whether a wrong password now is answered at a time that lies `ahead` in front of the present delay's begin.
bool is_answered_within(Site& site, Clock::duration ahead) {
    site.now = Clock::now() - ahead;
    const auto before = site.gatekeeper->totals().denied;
    static int count = 0;  // the address alone is to count
    auto answer = site.start(Site::request("nobody" + std::to_string(++count), "wrong"));
    site.loop.restart();
    while (site.gatekeeper->totals().denied == before) {
        site.loop.run_one_for(10s);
    }
    site.loop.poll();  // a delay that is over is no wait
    return answer.wait_for(0s) == std::future_status::ready;
}

TEST_CASE("the delays of an address grow with each failure, also over new settings, until it succeeds") {
    Site site;
    const auto first = limits::login_delay_first;
    CHECK(is_answered_within(site, first));
    site.gatekeeper->replace(site.settings);
    CHECK_FALSE(is_answered_within(site, 2 * first - 1s));
    site.now = Clock::now() - 1h;
    auto good = site.start(Site::request("ann"));
    while (good.wait_for(0s) != std::future_status::ready) {
        site.loop.run_one_for(10s);
    }
    CHECK(good.get().has_value());
    CHECK(is_answered_within(site, first));
    CHECK_FALSE(is_answered_within(site, first));
}

/// Refusals of that address that wait for their time.
void fail(Site& site, const std::string& peer, std::size_t times) {
    site.now = Clock::now() + 1h;
    for (std::size_t i = 0; i < times; ++i) {
        auto request = Site::request("", "");  // denied before any look-up
        request.peer = boost::asio::ip::make_address(peer);
        site.waiting.push_back(site.start(std::move(request)));
    }
    site.loop.restart();
    site.loop.poll();
}

TEST_CASE("so many refusals of an address may wait for their time; then it is not even asked for its password") {
    Site site;
    fail(site, "2001:db8::1", limits::delayed_logins_an_address - 1);
    fail(site, "2001:db8::2", 1);  // the same /64
    CHECK(site.gatekeeper->totals().denied == limits::delayed_logins_an_address);
    auto request = Site::request("ann");
    request.peer = boost::asio::ip::make_address("2001:db8::3");
    const auto refused = site.answer_now(request);
    REQUIRE(refused.has_value());
    CHECK(refused->error().code == Code::unavailable);
    CHECK(site.gatekeeper->totals().unavailable == 1);
    CHECK(site.gatekeeper->totals().unsettled == limits::delayed_logins_an_address);
    CHECK(site.log_in("ann").has_value());  // of another address
}

TEST_CASE("a failure keeps its place for its time, also when its client has gone; then it has none") {
    Site site;
    site.now = Clock::now() + 1h;
    const auto moment = site.now.load();
    for (std::size_t i = 0; i < limits::delayed_logins_an_address; ++i) {
        asio::cancellation_signal gone;
        auto request = Site::request("", "");
        asio::co_spawn(site.loop, site.gatekeeper->log_in(std::move(request)),
                       asio::bind_cancellation_slot(gone.slot(), [](const std::exception_ptr&, auto&&) {}));
        site.loop.restart();
        site.loop.poll();
        gone.emit(asio::cancellation_type::terminal);
        site.loop.restart();
        site.loop.poll();
    }
    CHECK(site.gatekeeper->totals().unsettled == 0);
    CHECK(site.log_in("ann").error().code == Code::unavailable);
    site.now = moment + limits::login_delay_most;
    CHECK(site.log_in("ann").has_value());
}

TEST_CASE("questions of SCRAM that no log-in follows take places too, and a log-in gives one back") {
    Site site;
    const auto ask = [&site] {
        auto asked = site.gatekeeper->offer(Protocol::imap, {auth::ScramHash::sha256, "ann"}, here);
        auto answer = asio::co_spawn(site.loop, std::move(asked), asio::use_future);
        site.loop.restart();
        while (answer.wait_for(0s) != std::future_status::ready) {
            site.loop.run_one_for(10s);
        }
        return answer.get();
    };
    site.now = Clock::now() + 1h;
    for (std::size_t i = 0; i < limits::delayed_logins_an_address; ++i) {
        CHECK(ask().has_value());
    }
    CHECK(ask().error().code == Code::unavailable);
    CHECK(site.log_in("ann").error().code == Code::unavailable);
    site.now = site.now.load() + limits::login_delay_first;
    CHECK(ask().has_value());
    CHECK(site.log_in("ann").has_value());
}

TEST_CASE("failures of all addresses take so many places; then the oldest gives way, and nobody else is shut out") {
    Site site;
    fail(site, "192.0.2.200", limits::delayed_logins_an_address);  // has no place left
    auto request = Site::request("ann");
    request.peer = boost::asio::ip::make_address("192.0.2.200");
    CHECK(site.answer_now(request)->error().code == Code::unavailable);
    std::size_t waiting = limits::delayed_logins_an_address;
    for (int i = 0; waiting < limits::delayed_logins + limits::delayed_logins_an_address; ++i) {
        fail(site, "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), 16);
        waiting += 16;
    }
    CHECK(site.gatekeeper->totals().denied == waiting);
    CHECK(site.log_in("ann").has_value());
    const auto late = site.answer_now(request);  // its password is looked at: a refusal would come at once
    CHECK((!late || late->has_value()));
}

TEST_CASE("a refusal does not wait for a client that has gone") {
    Site site;
    site.now = Clock::now() + 1h;
    asio::cancellation_signal gone;
    bool over = false;
    asio::co_spawn(site.loop, site.gatekeeper->log_in(Site::request("", "")),
                   asio::bind_cancellation_slot(
                       gone.slot(), [&over](const std::exception_ptr&, const Result<auth::Grant>&) { over = true; }));
    site.loop.poll();
    CHECK(site.gatekeeper->totals().unsettled == 1);
    CHECK_FALSE(over);
    gone.emit(asio::cancellation_type::terminal);
    site.loop.restart();
    site.loop.poll();
    CHECK(site.gatekeeper->totals().unsettled == 0);
    CHECK(over);
}

TEST_CASE("each tells of sessions under way, and of none whose grant is not used") {
    Site site;
    const auto session = site.session_of("ann");
    const auto visited = [&site] {
        std::set<std::uint64_t> all;
        site.gatekeeper->each([&](std::uint64_t number, const Gatekeeper::SessionRecord& record) {
            CHECK(record.account.address == "ann");
            CHECK(record.peer == "192.0.2.1");
            CHECK(record.tls);
            CHECK((record.protocol == Protocol::imap));
            all.insert(number);
        });
        return all;
    };
    CHECK(visited().empty());
    REQUIRE(site.gatekeeper->redeem(session, Protocol::imap).has_value());
    CHECK((visited() == std::set{session}));
    site.gatekeeper->release(session);
    CHECK(visited().empty());
}

TEST_CASE("log-ins and their ends in several threads", "[threads]") {
    Site site;
    std::array<asio::io_context, 2> loops;
    std::atomic<int> redeemed = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < loops.size(); ++i) {
            threads.emplace_back([&site, &loop = loops.at(i), &redeemed, i] {
                for (int k = 0; k < 50; ++k) {
                    auto answer = asio::co_spawn(loop, site.gatekeeper->log_in(Site::request(i == 0 ? "ann" : "bob")),
                                                 asio::use_future);
                    loop.restart();
                    loop.run();
                    const auto session = answer.get()->session;
                    if (k % 5 == 0) {
                        site.gatekeeper->abandon(session);
                    } else if (site.gatekeeper->redeem(session, Protocol::imap)) {
                        ++redeemed;
                        site.gatekeeper->release(session);
                    }
                    (void)site.gatekeeper->totals();
                }
            });
        }
    }
    site.pool.join();
    CHECK(redeemed == 80);
    const auto totals = site.gatekeeper->totals();
    CHECK(totals.accepted == 100);
    CHECK(totals.sessions == 0);
}

}  // namespace
}  // namespace postrider::service
