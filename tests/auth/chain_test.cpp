// The order of modules, and what each verdict leads to. compat/auth.md section 2.
#include "auth/chain.hpp"

#include <boost/asio/io_context.hpp>
#include <ctime>
#include <string>
#include <vector>

#include "auth/daemon/fake_module.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

using test::ChainOf;
using test::FakeModule;
using test::run_on;

class Named : public FakeModule {
public:
    explicit Named(std::string name) : name_(std::move(name)) {}
    std::string_view name() const override { return name_; }

private:
    std::string name_;
};

struct Site {
    Site() {
        first.add("both", "one", {.home = "/first"});
        second.add("both", "two", {.home = "/second"});
        second.add("late", "two", {.home = "/second"});
    }

    /// The home of whom the chain lets in; "none", or the detail of trouble.
    std::string home(const std::string& user, const std::string& password, const std::string& only = "") {
        Query query{.service = "imap", .user = user, .module = only};
        const auto found = run_on(loop, chain.chain->log_in(std::move(query), password));
        return !found ? found.error().detail : *found ? (*found)->account.home : "none";
    }

    asio::io_context loop;
    Named first{"authone"};
    Named second{"authtwo"};
    ChainOf chain{first, second};
};

TEST_CASE("the first module that says yes is the one; a wrong password asks the next") {
    Site site;
    CHECK(site.home("both", "one") == "/first");
    CHECK(site.second.asked.empty());
    CHECK(site.home("both", "two") == "/second");
    CHECK(site.home("late", "two") == "/second");
    CHECK(site.home("late", "one") == "none");
    CHECK(site.home("nobody", "one") == "none");
}

TEST_CASE("one that cannot say ends the search, with no verdict about the user") {
    Site site;
    site.first.trouble = Error(Code::invalid_data, "no database");
    for (const char* user : {"both", "late", "nobody"}) {
        Query query{.service = "imap", .user = user};
        const auto found = run_on(site.loop, site.chain.chain->log_in(std::move(query), "two"));
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == Code::unavailable);
    }
    CHECK(site.second.asked.empty());
    CHECK_FALSE(run_on(site.loop, site.chain.chain->change_password({.user = "late"}, "two", "new")).has_value());
    site.first.trouble.reset();
    site.second.trouble = Error(Code::unavailable, "no directory");
    CHECK(site.home("both", "one") == "/first");
    CHECK(site.home("late", "two") == "no directory");
}

TEST_CASE("one module alone can be asked") {
    Site site;
    CHECK(site.home("both", "two", "authtwo") == "/second");
    CHECK(site.home("both", "one", "authtwo") == "none");
    CHECK(site.home("both", "one", "authnone") == "none");
}

TEST_CASE("a password is changed where the old one is right") {
    Site site;
    const auto change = [&site](const std::string& user, const std::string& before) {
        return *run_on(site.loop, site.chain.chain->change_password({.user = user}, before, "new"));
    };
    CHECK_FALSE(change("both", "x"));
    CHECK(change("both", "two"));
    CHECK(site.home("both", "one") == "/first");
    CHECK(site.home("both", "new") == "/second");
}

TEST_CASE("all accounts, by module, with the default options") {
    FakeModule module;
    module.add("own", "x", {.options = "a=1"});
    module.add("plain", "x", {});
    asio::io_context loop;
    ChainOf site(module);
    Chain::Modules modules;
    modules.push_back(std::make_unique<test::Lent>(module));
    Chain chain(std::move(modules), site.checker, "a=2,b=3");
    std::vector<std::string> seen;
    auto begin = [&seen](std::string_view name) { seen.emplace_back(name); };
    auto take = [&seen](const Account& account) { seen.push_back(account.address + ":" + account.options); };
    CHECK(run_on(loop, chain.each(begin, take)).has_value());
    CHECK(seen == std::vector<std::string>{"authfake", "own:a=1,b=3", "plain:a=2,b=3"});
    CHECK((*run_on(loop, chain.find({.user = "plain"})))->account.options == "a=2,b=3");
    module.trouble = Error(Code::unavailable, "gone");
    CHECK_FALSE(run_on(loop, chain.each(begin, take)).has_value());
}

TEST_CASE("a record that does not pass is another module's chance") {
    Site site;
    const auto home = [&site](const std::string& wanted) {
        Chain::Check check = [&wanted](const Record& record) { return record.account.home == wanted; };
        const auto found = run_on(site.loop, site.chain.chain->find_that({.user = "both"}, check));
        return *found ? (*found)->account.home : "none";
    };
    CHECK(home("/first") == "/first");
    CHECK(home("/second") == "/second");
    CHECK(home("/third") == "none");
}

TEST_CASE("who is nowhere costs a hash, unless a module has spent one") {
    class Costly : public FakeModule {
    public:
        Task<Result<std::optional<Record>>> log_in(Query query, std::string) override {
            note_effort(query);
            co_return std::optional<Record>();
        }
    };
    FakeModule cheap;
    Costly costly;
    const auto cost = [](Module& module) {
        asio::io_context loop;  // outlives the threads that answer to it
        ChainOf site(module);
        CHECK_FALSE(site.checker.matches({"imap", "u", "$6$rounds=200000$saltsalt$x", "guess"}));
        const auto begin = std::clock();
        CHECK_FALSE((*run_on(loop, site.chain->log_in({.user = "nobody"}, "guess"))).has_value());
        return static_cast<double>(std::clock() - begin);
    };
    CHECK(cost(costly) * 5 < cost(cheap));
}

}  // namespace
}  // namespace postrider::auth
