// The stress mode's checker: for each rule a hand-made transcript that breaks it, beside legal ones that come near.
#include "bench/stress/stage.hpp"
#include "support/catch.hpp"

namespace postrider::bench::stress {

namespace {

const Flags deleted = flag(deleted_flag);
const Flags seen = flag(seen_flag);

/// A session with n messages without flags.
struct Scene : Stage {
    explicit Scene(std::uint32_t count) {
        fill(count);
        one = &selected(std::vector<std::string>(count));
        two = &selected(std::vector<std::string>(count));
    }
    /// Session `one` removes message UID 1 to the end.
    void remove_first() {
        run(*one, store(uids({1}), Change::add, deleted, true), "");
        run(*one, plain(Verb::expunge), "* 1 EXPUNGE\r\n");
    }

    Checker* one;
    Checker* two;
};

}  // namespace

TEST_CASE("a legal life of a folder breaks no rule") {
    Scene scene(3);
    CHECK_FALSE(broken([&] {
        scene.run(*scene.two, store(uids({2}), Change::add, seen), "* 2 FETCH (FLAGS (\\Seen))\r\n");
        scene.run(*scene.one, plain(Verb::noop), "* 2 FETCH (FLAGS (\\Seen))\r\n");
        scene.remove_first();
        // Session two was not told yet: its numbers stay, and a FETCH by number says nothing of it.
        scene.run(*scene.two, fetch(uids({2}), {Item::flags}, false), "* 2 FETCH (FLAGS (\\Seen))\r\n");
        scene.run(*scene.two, plain(Verb::noop), "* 1 EXPUNGE\r\n");
        scene.run(*scene.two, fetch(uids({2}), {Item::whole}),
                  "* 1 FETCH (UID 2 BODY[] " + literal(content(2)) + ")\r\n");
        scene.run(*scene.two, copy(uids({2, 3}), 0), "* 4 EXISTS\r\n", "[COPYUID 5 2:3 4:5] done");
        scene.run(*scene.one, plain(Verb::noop), "* 4 EXISTS\r\n");
        Command search{.verb = Verb::search};
        search.key.kind = SearchKey::Kind::flag;
        scene.run(*scene.one, search, "* SEARCH 1 3\r\n");
        scene.run(*scene.one, plain(Verb::logout), "* BYE\r\n");
    }));
}

TEST_CASE("rule grammar") {
    Scene scene(1);
    CHECK(broken([&] { scene.hear(*scene.one, "* NONSENSE\r\n"); }) == "grammar");
    CHECK(broken([&] { scene.hear(*scene.one, "a99 OK done\r\n"); }) == "grammar");
    CHECK(broken([&] { scene.hear(*scene.one, "* 1 FETCH (FLAGS)\r\n"); }) == "grammar");
    CHECK(broken([&] { scene.hear(scene.session(), "* 1 EXISTS\r\n"); }) == "grammar");
    CHECK(broken([&] { scene.hear(*scene.one, "* SEARCH 1\r\n"); }) == "grammar");
}

TEST_CASE("rule exists-falls") {
    Scene scene(2);
    scene.send(*scene.one, plain(Verb::noop));
    CHECK_FALSE(broken([&] { scene.hear(*scene.one, "* 2 EXISTS\r\n"); }));
    CHECK(broken([&] { scene.hear(*scene.one, "* 1 EXISTS\r\n"); }) == "exists-falls");
}

TEST_CASE("rule number-range") {
    Scene scene(2);
    CHECK(broken([&] { scene.hear(*scene.one, "* 3 FETCH (FLAGS ())\r\n"); }) == "number-range");
    CHECK(broken([&] { scene.hear(*scene.one, "* 0 FETCH (FLAGS ())\r\n"); }) == "number-range");
    CHECK(broken([&] { scene.hear(*scene.one, "* 3 RECENT\r\n"); }) == "number-range");
}

TEST_CASE("rule expunge-timing") {
    Scene scene(2);
    scene.remove_first();
    SECTION("no command is in progress") {
        CHECK(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }) == "expunge-timing");
    }
    SECTION("FETCH by number is answered") {
        scene.send(*scene.two, fetch(uids({2}), {Item::flags}, false));
        CHECK(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }) == "expunge-timing");
    }
    SECTION("STORE by number is answered, and a NOOP waits behind it") {
        scene.send(*scene.two, store(uids({2}), Change::add, seen));
        scene.send(*scene.two, plain(Verb::noop));
        CHECK(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }) == "expunge-timing");
    }
    SECTION("SEARCH by number is answered") {
        scene.send(*scene.two, plain(Verb::search));
        CHECK(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }) == "expunge-timing");
    }
    SECTION("a UID command may tell it") {
        scene.send(*scene.two, fetch(uids({2}), {Item::flags}, true));
        CHECK_FALSE(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }));
    }
}

TEST_CASE("rule expunge-unasked") {
    Scene scene(2);
    SECTION("nobody has expunged") {
        scene.run(*scene.one, store(uids({1}), Change::add, deleted, true), "");
        scene.send(*scene.two, plain(Verb::noop));
        CHECK(broken([&] { scene.hear(*scene.two, "* 1 EXPUNGE\r\n"); }) == "expunge-unasked");
    }
    SECTION("it was not \\Deleted") {
        scene.send(*scene.one, plain(Verb::expunge));
        CHECK(broken([&] { scene.hear(*scene.one, "* 1 EXPUNGE\r\n"); }) == "expunge-unasked");
    }
    SECTION("UID EXPUNGE did not name it") {
        scene.run(*scene.one, store(uids({1, 2}), Change::add, deleted, true), "");
        scene.send(*scene.one, {.verb = Verb::expunge, .by_uid = true, .messages = uids({2})});
        CHECK(broken([&] { scene.hear(*scene.one, "* 1 EXPUNGE\r\n"); }) == "expunge-unasked");
    }
    SECTION("\\Deleted was taken off before the EXPUNGE began") {
        scene.run(*scene.one, store(uids({1}), Change::add, deleted, true), "");
        scene.run(*scene.one, store(uids({1}), Change::remove, deleted, true), "");
        scene.send(*scene.one, plain(Verb::expunge));
        CHECK(broken([&] { scene.hear(*scene.one, "* 1 EXPUNGE\r\n"); }) == "expunge-unasked");
    }
    SECTION("\\Deleted came while the EXPUNGE was under way: it may be") {
        scene.send(*scene.one, plain(Verb::expunge));
        scene.run(*scene.two, store(uids({1}), Change::add, deleted, true), "");
        CHECK_FALSE(broken([&] { scene.hear(*scene.one, "* 1 EXPUNGE\r\n"); }));
    }
}

TEST_CASE("rule expunge-left") {
    Scene scene(2);
    scene.run(*scene.one, store(uids({1}), Change::add, deleted, true), "");
    CHECK(broken([&] { scene.run(*scene.one, plain(Verb::expunge), ""); }) == "expunge-left");
}

TEST_CASE("rule uid-order") {
    Scene scene(2);
    scene.send(*scene.one, plain(Verb::noop));
    scene.hear(*scene.one, "* 4 EXISTS\r\n");
    CHECK(broken([&] { scene.hear(*scene.one, "* 4 FETCH (UID 3)\r\n"); }) == "uid-order");
    CHECK(broken([&] { scene.hear(*scene.one, "* 3 FETCH (UID 2)\r\n"); }) == "uid-order");
}

TEST_CASE("rule number-renamed") {
    Scene scene(2);
    CHECK(broken([&] { scene.hear(*scene.one, "* 1 FETCH (UID 2)\r\n"); }) == "number-renamed");
}

TEST_CASE("rule uid-below-uidnext") {
    Scene scene(2);
    SECTION("UIDNEXT itself") {
        const std::string answer = "* STATUS \"INBOX.one\" (MESSAGES 2 UIDNEXT 2 UIDVALIDITY 5)\r\n";
        CHECK(broken([&] { scene.run(scene.session(), plain(Verb::status), answer); }) == "uid-below-uidnext");
    }
    SECTION("a message that is stored after UIDNEXT was told") {
        scene.run(scene.session(), select_command(), "* 2 EXISTS\r\n* OK [UIDNEXT 9] Ok\r\n");
        CHECK(broken([&] {
                  scene.run(scene.session(), append(scene.world().new_content()), "", "[APPENDUID 5 8] done");
              }) == "uid-below-uidnext");
    }
}

TEST_CASE("rule uid-validity") {
    Scene scene(1);
    CHECK(broken([&] { scene.run(*scene.one, plain(Verb::select), "* OK [UIDVALIDITY 6] Ok\r\n"); }) == "uid-validity");
    CHECK(broken([&] {
              scene.run(scene.session(), append(scene.world().new_content()), "", "[APPENDUID 6 2] done");
          }) == "uid-validity");
}

TEST_CASE("rule content") {
    Scene scene(2);
    const auto told = [&](std::string_view item, std::string bytes) {
        return "* 1 FETCH (UID 1 " + std::string(item) + " " + literal(bytes) + ")\r\n";
    };
    SECTION("as stored") {
        CHECK_FALSE(broken([&] { scene.hear(*scene.one, told("BODY[]", content(1))); }));
        CHECK_FALSE(broken([&] { scene.hear(*scene.one, told("BODY[]<100>", content(1).substr(100, 50))); }));
    }
    SECTION("another message under the UID") {
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[]", content(2))); }) == "content");
    }
    SECTION("a byte less") {
        std::string bytes = content(1);
        bytes.pop_back();
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[]", bytes)); }) == "content");
    }
    SECTION("parts of it") {
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[HEADER]", content(1))); }) == "content");
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[TEXT]", "x")); }) == "content");
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[]<100>", content(1).substr(101, 50))); }) == "content");
    }
    SECTION("bytes that nobody has stored") {
        CHECK(broken([&] { scene.hear(*scene.one, told("BODY[]", "Subject: x\r\n\r\n")); }) == "content");
    }
    SECTION("the size") {
        CHECK(broken([&] { scene.hear(*scene.one, "* 1 FETCH (UID 1 RFC822.SIZE 7)\r\n"); }) == "content");
    }
    SECTION("a message twice") {
        scene.send(*scene.one, plain(Verb::noop));
        scene.hear(*scene.one, "* 3 EXISTS\r\n* 3 FETCH (UID 3)\r\n");
        CHECK(broken([&] { scene.hear(*scene.one, "* 3 FETCH (UID 3 BODY[] " + literal(content(1)) + ")\r\n"); }) ==
              "content");
    }
    SECTION("an APPEND that was cut") {
        Checker& writer = scene.session();
        scene.send(writer, append(scene.world().new_content()));
        writer.cut_literal();
        scene.send(*scene.one, plain(Verb::noop));
        scene.hear(*scene.one, "* 3 EXISTS\r\n* 3 FETCH (UID 3)\r\n");
        CHECK(broken([&] { scene.hear(*scene.one, "* 3 FETCH (UID 3 BODY[] " + literal(content(3)) + ")\r\n"); }) ==
              "content");
    }
}

TEST_CASE("rule fixed-item") {
    Scene scene(1);
    scene.hear(*scene.one, "* 1 FETCH (UID 1 INTERNALDATE \"07-Feb-2022 21:52:25 +0000\" ENVELOPE (NIL \"x\"))\r\n");
    CHECK(broken([&] {
              scene.hear(*scene.two, "* 1 FETCH (UID 1 INTERNALDATE \"07-Feb-2022 21:52:26 +0000\")\r\n");
          }) == "fixed-item");
    CHECK(broken([&] { scene.hear(*scene.two, "* 1 FETCH (UID 1 ENVELOPE (NIL \"y\"))\r\n"); }) == "fixed-item");
    CHECK_FALSE(broken([&] { scene.hear(*scene.two, "* 1 FETCH (UID 1 ENVELOPE (NIL {1}\r\nx))\r\n"); }));
}

TEST_CASE("rule message-lost") {
    Scene scene(2);
    CHECK(broken([&] {
              Checker& late = scene.session();
              scene.run(late, select_command(), "* 1 EXISTS\r\n");
          }) == "message-lost");
}

TEST_CASE("rule message-lost: a UID is missing among as many") {
    Scene scene(2);
    Checker& late = scene.session();
    scene.run(late, select_command(), "* 2 EXISTS\r\n");
    Command look{.verb = Verb::fetch, .by_uid = true, .everything = true, .set = "1:*", .items = {Item::uid}};
    CHECK(broken([&] { scene.run(late, look, "* 1 FETCH (UID 2)\r\n* 2 FETCH (UID 3)\r\n"); }) == "message-lost");
}

TEST_CASE("rule message-back") {
    Scene scene(2);
    scene.remove_first();
    SECTION("in a new session") {
        Checker& late = scene.session();
        scene.run(late, select_command(), "* 1 EXISTS\r\n");
        CHECK(broken([&] { scene.hear(late, "* 1 FETCH (UID 1)\r\n"); }) == "message-back");
    }
    SECTION("NOOP has not told it") {
        CHECK(broken([&] { scene.run(*scene.two, plain(Verb::noop), ""); }) == "message-back");
    }
    SECTION("long after") {
        scene.run(*scene.two, plain(Verb::noop), "* 1 EXPUNGE\r\n");
        scene.run(*scene.one, plain(Verb::noop), "");
        scene.world().forget();
        scene.hear(*scene.one, "* 2 EXISTS\r\n");
        CHECK(broken([&] { scene.hear(scene.selected({}), "* 1 EXISTS\r\n* 1 FETCH (UID 1)\r\n"); }).has_value());
    }
}

TEST_CASE("rule message-count") {
    Scene scene(2);
    SECTION("STATUS") {
        for (const char* count : {"1", "3"}) {
            const std::string answer = "* STATUS x (MESSAGES " + std::string(count) + " UIDNEXT 3 UIDVALIDITY 5)\r\n";
            CHECK(broken([&] { scene.run(scene.session(), plain(Verb::status), answer); }) == "message-count");
        }
    }
    SECTION("more than were stored") {
        CHECK(broken([&] { scene.run(scene.session(), select_command(), "* 3 EXISTS\r\n"); }) == "message-count");
    }
    SECTION("a delivery that nobody is told of") {
        const ArrivalId arrival = scene.folder().arrive(scene.world().tick(), scene.world().new_content(), {});
        scene.folder().arrived(arrival, scene.world().tick(), std::nullopt);
        CHECK(broken([&] { scene.run(*scene.one, plain(Verb::noop), ""); }) == "message-count");
    }
    SECTION("a delivery under way may be told or not") {
        scene.folder().arrive(scene.world().tick(), scene.world().new_content(), {});
        CHECK_FALSE(broken([&] { scene.run(*scene.one, plain(Verb::noop), ""); }));
        CHECK_FALSE(broken([&] { scene.run(*scene.two, plain(Verb::noop), "* 3 EXISTS\r\n"); }));
    }
}

TEST_CASE("rule recent-twice") {
    Scene scene(1);
    scene.hear(*scene.one, "* 1 FETCH (UID 1 FLAGS (\\Recent))\r\n");
    CHECK_FALSE(broken([&] { scene.hear(*scene.one, "* 1 FETCH (FLAGS (\\Recent))\r\n"); }));
    CHECK_FALSE(broken([&] { scene.selected({"\\Recent"}, Verb::examine); }));
    CHECK(broken([&] { scene.hear(*scene.two, "* 1 FETCH (FLAGS (\\Recent))\r\n"); }) == "recent-twice");
}

TEST_CASE("rule search") {
    Scene scene(3);
    scene.run(*scene.one, store(uids({2}), Change::add, seen), "* 2 FETCH (FLAGS (\\Seen))\r\n");
    const auto gives = [&](SearchKey key, bool by_uid, std::string_view numbers) {
        return broken([&] {
            scene.run(*scene.one, {.verb = Verb::search, .by_uid = by_uid, .messages = uids({1, 3}), .key = key},
                      "* SEARCH" + std::string(numbers) + "\r\n");
        });
    };
    const SearchKey all;
    CHECK_FALSE(gives(all, false, " 1 2 3"));
    CHECK_FALSE(gives(all, true, " 3 2 1"));
    CHECK(gives(all, false, " 1 3") == "search");
    CHECK(gives(all, false, " 1 2 3 4") == "search");
    CHECK(gives({.kind = SearchKey::Kind::flag}, false, "") == "search");
    CHECK(gives({.kind = SearchKey::Kind::flag}, false, " 2 3") == "search");
    CHECK(gives({.kind = SearchKey::Kind::flag, .negated = true}, false, " 2") == "search");
    CHECK(gives({.kind = SearchKey::Kind::uids}, false, " 1 2") == "search");
    CHECK(gives({.kind = SearchKey::Kind::content, .content = ContentId(3)}, false, " 1") == "search");
    CHECK(gives({.kind = SearchKey::Kind::body, .content = ContentId(3)}, true, " 2") == "search");
    CHECK(gives({.kind = SearchKey::Kind::larger, .size = 1}, true, "") == "search");
}

TEST_CASE("rule answer-incomplete") {
    Scene scene(2);
    const auto ends = [&](Command command, std::string_view lines) {
        return broken([&] { scene.run(*scene.one, std::move(command), lines); });
    };
    CHECK(ends(fetch(uids({1}), {Item::flags}, false), "") == "answer-incomplete");
    CHECK(ends(fetch(uids({1}), {Item::flags, Item::envelope}, false), "* 1 FETCH (FLAGS ())\r\n") ==
          "answer-incomplete");
    CHECK(ends(fetch(uids({1}), {Item::flags}), "* 1 FETCH (FLAGS ())\r\n") == "answer-incomplete");
    CHECK(ends(store(uids({1}), Change::add, seen), "") == "answer-incomplete");
    CHECK(ends(plain(Verb::search), "") == "answer-incomplete");
    CHECK(ends(plain(Verb::status), "") == "answer-incomplete");
}

TEST_CASE("rule refused") {
    Scene scene(2);
    const auto refuses = [&](Command command, std::string_view status) {
        return broken([&] {
            const std::string tag = scene.send(*scene.two, std::move(command));
            scene.hear(*scene.two, tag + " " + std::string(status) + " no\r\n");
        });
    };
    CHECK(refuses(plain(Verb::noop), "NO") == "refused");
    CHECK(refuses(fetch(uids({1}), {Item::flags}), "BAD") == "refused");
    CHECK(refuses(fetch(uids({1}), {Item::flags}), "NO") == "refused");
    scene.remove_first();
    CHECK_FALSE(refuses(fetch(uids({1, 2}), {Item::flags}), "NO"));
    CHECK_FALSE(refuses(copy(uids({1, 2}), 1), "NO"));
    CHECK(refuses(fetch(uids({2}), {Item::flags}), "NO") == "refused");
}

TEST_CASE("rule copy-uid") {
    Scene scene(2);
    const auto ends = [&](Command command, std::string_view ok) {
        return broken([&] { scene.run(*scene.one, std::move(command), "", ok); });
    };
    CHECK(ends(copy(uids({1, 2}), 0), "[COPYUID 5 1:2 3] done") == "copy-uid");
    CHECK(ends(copy(uids({1, 2}), 0), "[COPYUID 5 1 3] done") == "copy-uid");
    CHECK(ends(copy(uids({1}), 0), "[COPYUID 5 1:2 3:4] done") == "copy-uid");
    CHECK(ends(copy(uids({1, 2}), 0), "[COPYUID 5 1:2 9,8] done") == "copy-uid");
    CHECK(ends(append(scene.world().new_content()), "[APPENDUID 5] done") == "copy-uid");
    CHECK(ends(append(scene.world().new_content()), "[APPENDUID 5 2] done") == "copy-uid");
    scene.remove_first();
    CHECK(ends(append(scene.world().new_content()), "[APPENDUID 5 1] done").has_value());
}

TEST_CASE("rule mod-seq") {
    Scene scene(1);
    scene.hear(*scene.one, "* 1 FETCH (UID 1 MODSEQ (7))\r\n");
    CHECK(broken([&] { scene.hear(*scene.one, "* 1 FETCH (UID 1 MODSEQ (6))\r\n"); }) == "mod-seq");
    scene.run(*scene.one, plain(Verb::select), "* 1 EXISTS\r\n* OK [HIGHESTMODSEQ 8] Ok\r\n");
    CHECK(broken([&] { scene.run(*scene.one, plain(Verb::select), "* 1 EXISTS\r\n* OK [HIGHESTMODSEQ 7] Ok\r\n"); }) ==
          "mod-seq");
}

TEST_CASE("rule session-ended") {
    Scene scene(1);
    CHECK(broken([&] { scene.hear(*scene.one, "* BYE tired\r\n"); }) == "session-ended");
}

}  // namespace postrider::bench::stress
