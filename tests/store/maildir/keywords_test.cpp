#include "store/maildir/keywords.hpp"

#include <set>

#include "store/maildir/fixture.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::store::maildir;
using namespace postrider::store::maildir::testing;
using namespace std::chrono_literals;

namespace {

const auto everything = [](std::string_view) { return true; };
constexpr auto relaxed = Durability::relaxed;

KeywordMap read(const Maildir& maildir, std::chrono::system_clock::time_point at = now()) {
    return read_keywords(maildir.fd(), everything, at, host, relaxed).value();
}

std::string kept(std::chrono::system_clock::time_point at, const std::string& base, int more = 1) {
    return "." + std::to_string(std::chrono::system_clock::to_time_t(at) / 300 + more) + "." + base;
}

}  // namespace

TEST_CASE("a keyword list is read as documented") {
    const auto map = parse_keyword_list("foo\n$Bar\n\n100.a,S=3:1 0\n200.b:x:1\n").value();
    CHECK(map == KeywordMap{{"100.a,S=3", {"$Bar", "foo"}}, {"200.b:x", {"$Bar"}}});
    CHECK(parse_keyword_list("").value().empty());
    CHECK(parse_keyword_list("\n").value().empty());
    CHECK(parse_keyword_list("foo").value().empty());
}

TEST_CASE("wrong parts of a keyword list are passed over") {
    CHECK(parse_keyword_list("foo\n\na:0 1 x 99999999999999999999 -1  0\n").value() == KeywordMap{{"a", {"foo"}}});
    CHECK(parse_keyword_list("foo\nFOO\n\na:1 0\n").value() == KeywordMap{{"a", {"FOO"}}});
    CHECK(parse_keyword_list("foo\n\n:0\nb\nc:\nd:0\n").value() == KeywordMap{{"d", {"foo"}}});
    CHECK(parse_keyword_list("J*k (){%\"\\]\x01\x7F\n\na:0\n").value() == KeywordMap{{"a", {"J_k__________"}}});
    const std::string longest(255, 'k');
    CHECK(parse_keyword_list(longest + "\n" + longest + "k\n\na:0 1\n").value() == KeywordMap{{"a", {longest}}});
}

TEST_CASE("printed and parsed again a keyword list is the same") {
    CHECK(print_keyword_list({}) == "\n");
    const KeywordMap map{{"a", {"x", "y"}}, {"b:c", {"z", "x"}}, {"d", {"y"}}};
    CHECK(print_keyword_list(map) == "x\ny\nz\n\na:0 1\nb:c:2 0\nd:1\n");
    CHECK(parse_keyword_list(print_keyword_list(map)).value() == map);
}

TEST_CASE("a keyword list that unfolds to too much is refused, not cut") {
    const std::string text = "x\ny\n\na:0 1\nb:0\nc:1\n";
    CHECK(parse_keyword_list(text, 5).value().size() == 3);
    CHECK(parse_keyword_list(text, 4).value().size() == 3);
    CHECK(parse_keyword_list(text, 3).error().code == Code::limit);
}

TEST_CASE("reading makes the directory with the folder's permissions") {
    const Maildir maildir;
    fs::permissions(maildir.root, fs::perms(0750));
    CHECK(read(maildir).empty());
    CHECK(fs::status(maildir.root / keyword_directory).permissions() == fs::perms(0750));
    CHECK(maildir.names(keyword_directory).empty());
}

TEST_CASE("a written update is read, and folded into the list") {
    const Maildir maildir;
    const auto at = now();
    write_keywords(maildir.fd(), "100.a", {"foo", "Bar"}, everything, at, host, relaxed).value();
    CHECK(maildir.get("courierimapkeywords/100.a") == "foo\nBar\n");
    CHECK(maildir.names("tmp").empty());
    const KeywordMap expected{{"100.a", {"foo", "Bar"}}};
    CHECK(read(maildir, at) == expected);
    CHECK(maildir.names(keyword_directory) == Names{kept(at, "100.a"), ":list"});
    CHECK(maildir.get("courierimapkeywords/:list") == "foo\nBar\n\n100.a:0 1\n");
    CHECK(read(maildir, at) == expected);
    CHECK(read(maildir, at + 16min) == expected);
    CHECK(maildir.names(keyword_directory) == Names{":list"});
}

TEST_CASE("a second update waits for no one") {
    const Maildir maildir;
    const auto at = now();
    for (const char* keyword : {"a", "b", "c"}) {
        write_keywords(maildir.fd(), "100.a", {keyword}, everything, at, host, relaxed).value();
    }
    CHECK(maildir.names(keyword_directory) == Names{kept(at, "100.a"), "100.a", ":list"});
    CHECK(maildir.get("courierimapkeywords/:list") == "b\n\n100.a:0\n");
    CHECK(read(maildir, at) == KeywordMap{{"100.a", {"c"}}});
    write_keywords(maildir.fd(), "100.a", {}, everything, at, host, relaxed).value();
    CHECK(read(maildir, at).empty());
    CHECK(maildir.get("courierimapkeywords/:list") == "\n");
}

TEST_CASE("kept updates: the largest number counts, smaller ones go") {
    const Maildir maildir;
    read(maildir);
    maildir.put("courierimapkeywords/:list", "old\n\na:0\nb:0\n");
    maildir.put("courierimapkeywords/.9.a", "nine\n");
    maildir.put("courierimapkeywords/.10.a", "ten\n");
    maildir.put("courierimapkeywords/.8.a", "eight\n");
    maildir.put("courierimapkeywords/.tmp.1", "fresh");
    maildir.put("courierimapkeywords/.tmp.2", "stale");
    maildir.age("courierimapkeywords/.tmp.2", 16min);
    CHECK(read(maildir) == KeywordMap{{"a", {"ten"}}, {"b", {"old"}}});
    CHECK(maildir.names(keyword_directory) == Names{".10.a", ".tmp.1", ":list"});
    CHECK(maildir.get("courierimapkeywords/:list") == "ten\nold\n\na:0\nb:1\n");
}

TEST_CASE("an update that waits goes above the number kept") {
    const Maildir maildir;
    read(maildir);
    maildir.put("courierimapkeywords/.99999999.a", "old\n");
    maildir.put("courierimapkeywords/a", "new\n");
    CHECK(read(maildir) == KeywordMap{{"a", {"new"}}});
    CHECK(maildir.names(keyword_directory) == Names{".99999999.a", ":list"});
    CHECK(maildir.get("courierimapkeywords/.99999999.a") == "new\n");
}

TEST_CASE("entries of messages that are gone leave the list") {
    const Maildir maildir;
    read(maildir);
    maildir.put("courierimapkeywords/:list", "x\n\na:0\nb:0\n");
    const auto only_b = [](std::string_view base) { return base == "b"; };
    CHECK(read_keywords(maildir.fd(), only_b, now(), host, relaxed).value() == KeywordMap{{"b", {"x"}}});
    CHECK(maildir.get("courierimapkeywords/:list") == "x\n\nb:0\n");
}

TEST_CASE("keywords written before their message survive a reading in between") {
    const Maildir maildir;
    const auto nothing = [](std::string_view) { return false; };
    const auto at = now();
    write_keywords(maildir.fd(), "a", {"x"}, everything, at, host, relaxed).value();
    CHECK(read_keywords(maildir.fd(), nothing, at, host, relaxed).value().empty());
    CHECK(read(maildir, at) == KeywordMap{{"a", {"x"}}});
    CHECK(read(maildir, at + 20min) == KeywordMap{{"a", {"x"}}});
    CHECK(read(maildir, at + 40min) == KeywordMap{{"a", {"x"}}});
}

TEST_CASE("odd things in the directory neither block nor go") {
    const Maildir maildir;
    read(maildir);
    const auto directory = maildir.root / keyword_directory;
    REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
    fs::create_directory(directory / "directory");
    fs::create_symlink("/etc/passwd", directory / "link");
    maildir.put("courierimapkeywords/long", std::string(600 * 1024, 'x'));
    maildir.put("courierimapkeywords/a", "x\n");
    CHECK(read(maildir) == KeywordMap{{"a", {"x"}}});
    CHECK(maildir.has("courierimapkeywords/fifo"));
    CHECK(maildir.has("courierimapkeywords/directory"));
    CHECK(maildir.has("courierimapkeywords/link"));
    CHECK(maildir.has("courierimapkeywords/long"));
}

TEST_CASE("a list that cannot be saved leaves the updates waiting") {
    const Maildir maildir;
    write_keywords(maildir.fd(), "a", {"x"}, everything, now(), host, relaxed).value();
    fs::remove(maildir.root / "tmp");
    CHECK(read(maildir) == KeywordMap{{"a", {"x"}}});
    CHECK(maildir.names(keyword_directory) == Names{"a"});
    CHECK_FALSE(ok(write_keywords(maildir.fd(), "b", {"x"}, everything, now(), host, relaxed)));
}

TEST_CASE("a list in the form of a directory or a link is an error, not a loss") {
    const Maildir maildir;
    read(maildir);
    fs::create_directory(maildir.root / "courierimapkeywords/:list");
    maildir.put("courierimapkeywords/a", "x\n");
    CHECK(read_keywords(maildir.fd(), everything, now(), host, relaxed).error().code == Code::invalid_data);
    CHECK(maildir.has("courierimapkeywords/a"));
}
