// The stress mode's checker: flags that overlapping changes can and cannot leave.
#include "bench/stress/stage.hpp"
#include "support/catch.hpp"

namespace postrider::bench::stress {

namespace {

const Flags seen = flag(seen_flag);
const Flags flagged = flag(3);

struct Two : Stage {
    Two() {
        fill(1);
        one = &selected({""});
        two = &selected({""});
    }
    std::optional<std::string> told(Checker& session, std::string_view flags) {
        return broken([&] { hear(session, "* 1 FETCH (FLAGS (" + std::string(flags) + "))\r\n"); });
    }

    Checker* one;
    Checker* two;
};

}  // namespace

TEST_CASE("flags that nobody has set are not told") {
    Two scene;
    CHECK_FALSE(scene.told(*scene.one, ""));
    CHECK(scene.told(*scene.one, "\\Seen") == "flags");
    CHECK(scene.told(*scene.one, "stress-red") == "flags");
    CHECK(scene.told(*scene.one, "unheard-of") == "flags");
}

TEST_CASE("a change under way may be seen or not; once seen it stays") {
    Two scene;
    scene.send(*scene.one, store(uids({1}), Change::add, seen));
    CHECK_FALSE(scene.told(*scene.two, ""));
    CHECK_FALSE(scene.told(*scene.two, "\\Seen"));
    CHECK(scene.told(*scene.two, "") == "flags");
}

TEST_CASE("what another session has seen is seen by all that are up to date") {
    Two scene;
    scene.send(*scene.one, store(uids({1}), Change::add, seen));
    CHECK_FALSE(scene.told(*scene.two, "\\Seen"));
    CHECK(broken([&] { scene.selected({""}); }) == "flags");
}

TEST_CASE("a session may see what was so when it was last up to date, and nothing older") {
    Two scene;
    scene.run(*scene.one, store(uids({1}), Change::add, seen), "* 1 FETCH (FLAGS (\\Seen))\r\n");
    CHECK_FALSE(scene.told(*scene.two, ""));
    CHECK(broken([&] { scene.run(*scene.two, plain(Verb::noop), ""); }) == "flags-not-told");
    CHECK_FALSE(broken([&] { scene.run(*scene.two, plain(Verb::noop), "* 1 FETCH (FLAGS (\\Seen))\r\n"); }));
    CHECK(scene.told(*scene.two, "") == "flags");
}

TEST_CASE("a session sees its own changes") {
    Two scene;
    CHECK(broken([&] { scene.run(*scene.one, store(uids({1}), Change::add, seen), "* 1 FETCH (FLAGS ())\r\n"); }) ==
          "flags");
    Two silent;
    silent.run(*silent.one, store(uids({1}), Change::add, seen, true), "");
    CHECK(silent.told(*silent.one, "") == "flags");
}

TEST_CASE("two changes of different flags both survive") {
    Two scene;
    const std::string first = scene.send(*scene.one, store(uids({1}), Change::add, seen));
    const std::string second = scene.send(*scene.two, store(uids({1}), Change::add, flagged));
    scene.hear(*scene.one, "* 1 FETCH (FLAGS (\\Seen))\r\n" + first + " OK done\r\n");
    scene.hear(*scene.two, "* 1 FETCH (FLAGS (\\Flagged))\r\n" + second + " OK done\r\n");
    CHECK(broken([&] { scene.selected({"\\Seen"}); }) == "flags");
    CHECK_FALSE(broken([&] { scene.selected({"\\Seen \\Flagged"}); }));
}

TEST_CASE("of two changes of one flag at the same time either may be the last, for all") {
    Two scene;
    const std::string first = scene.send(*scene.one, store(uids({1}), Change::add, seen, true));
    const std::string second = scene.send(*scene.two, store(uids({1}), Change::remove, seen, true));
    scene.hear(*scene.one, first + " OK done\r\n");
    scene.hear(*scene.two, second + " OK done\r\n");
    const std::string last = GENERATE("", "\\Seen");
    CHECK_FALSE(broken([&] { scene.selected({last}); }));
    CHECK(broken([&] { scene.selected({last.empty() ? "\\Seen" : ""}); }) == "flags");
}

TEST_CASE("a change by another session is told although STORE is .SILENT, and stands") {
    Two scene;
    scene.send(*scene.two, store(uids({1}), Change::remove, seen, true));
    scene.run(*scene.one, store(uids({1}), Change::add, seen, true), "* 1 FETCH (FLAGS ())\r\n");
    CHECK_FALSE(broken([&] { scene.run(*scene.one, plain(Verb::noop), ""); }));
    CHECK_FALSE(broken([&] { scene.selected({""}); }));
}

TEST_CASE("replacing clears what is not named") {
    Two scene;
    scene.run(*scene.one, store(uids({1}), Change::add, flagged), "* 1 FETCH (FLAGS (\\Flagged))\r\n");
    scene.run(*scene.one, store(uids({1}), Change::replace, seen), "* 1 FETCH (FLAGS (\\Seen))\r\n");
    CHECK(broken([&] { scene.selected({"\\Seen \\Flagged"}); }) == "flags");
}

TEST_CASE("FETCH BODY[] sets \\Seen, unless the mailbox is read-only") {
    Two scene;
    const std::string body = "* 1 FETCH (UID 1 BODY[] " + literal(content(1)) + ")\r\n";
    Checker& reader = scene.selected({""}, Verb::examine);
    scene.run(reader, fetch(uids({1}), {Item::whole_seen}), body);
    CHECK(broken([&] { scene.selected({"\\Seen"}); }) == "flags");
    scene.run(*scene.one, fetch(uids({1}), {Item::whole_seen}), body);
    CHECK(broken([&] { scene.selected({""}); }) == "flags");
}

TEST_CASE("a copy has the flags of its source") {
    Two scene;
    scene.run(*scene.one, store(uids({1}), Change::add, seen), "* 1 FETCH (FLAGS (\\Seen))\r\n");
    scene.run(*scene.one, copy(uids({1}), 0), "", "[COPYUID 5 1 2] done");
    CHECK(broken([&] { scene.selected({"\\Seen", ""}); }) == "flags");
    CHECK_FALSE(broken([&] { scene.selected({"\\Seen", "\\Seen"}); }));
}

TEST_CASE("a message has the flags it was stored with") {
    Two scene;
    scene.run(scene.session(), append(scene.world().new_content(), seen), "", "[APPENDUID 5 2] done");
    CHECK(broken([&] { scene.selected({"", ""}); }) == "flags");
}

TEST_CASE("a dropped session's change may come until it is taken to have ended") {
    Two scene;
    scene.send(*scene.one, store(uids({1}), Change::add, seen));
    const auto now = World::Clock::now();
    scene.one->dropped(now);
    CHECK_FALSE(broken([&] { scene.selected({""}); }));
    CHECK_FALSE(broken([&] { scene.selected({"\\Seen"}); }));
    CHECK(broken([&] { scene.selected({""}); }) == "flags");
}

}  // namespace postrider::bench::stress
