#include "auth/userdb_source.hpp"

#include "auth/fields.hpp"
#include "support/catch.hpp"

namespace postrider::auth {
namespace {

SourceRecord only(std::string_view line, std::string_view location = {}) {
    const auto parsed = parse_userdb_source(line, location);
    REQUIRE(parsed.faults.empty());
    REQUIRE(parsed.records.size() == 1);
    return parsed.records.front();
}

using Faults = std::vector<std::string>;

/// "LINE: REASON" of each.
Faults faults_of(std::string_view text) {
    Faults faults;
    for (const auto& fault : parse_userdb_source(text, "").faults) {
        faults.push_back(std::to_string(fault.line) + ": " + fault.reason);
    }
    return faults;
}

TEST_CASE("passwords are divided from the other fields. compat/userdb.md section 4") {
    const auto john = only("john@example.com\tuid=1012|mail=/m|imappw=$1$O|home=/h|hmac-md5pw=d3b3\n", "example-com/");
    CHECK(john.name == "john@example.com");
    CHECK(john.fields == "uid=1012|mail=/m|home=/h|_=example-com/");
    CHECK(john.shadow == "imappw=$1$O|hmac-md5pw=d3b3");

    const auto jane = only("jane@x.y\tuid=5|gid=6|home=/h|foo|apw|pw=zz|imappw=abc|quota=100S", "sub/xy/");
    CHECK(jane.fields == "uid=5|gid=6|home=/h|foo|apw|quota=100S|_=sub/xy/");
    CHECK(jane.shadow == "pw=zz|imappw=abc");

    const auto reverse = only("1012=\tvmail\n", "default/");
    CHECK(reverse.name == "1012=");
    CHECK(reverse.fields == "vmail|_=default/");
    CHECK(reverse.shadow.empty());

    CHECK(only("nofield\t\n", "odd/").fields == "_=odd/");
    CHECK(only("keyonly\n", "odd/").fields == "1");
    CHECK(only("keyonly").shadow == "1");
    CHECK(only("a\tuid=1|\tx=\t|passwd=1|xpw=a=b").fields == "uid=1|\tx=\t|passwd=1|_=");
    CHECK(only("a\txpw=a=b").shadow == "xpw=a=b");
}

TEST_CASE("comments, empty lines and empty names are no records") {
    const auto parsed = parse_userdb_source("# comment\tx=1\n\n\tuid=1\na\tb=#1\n\n#", "");
    REQUIRE(parsed.records.size() == 1);
    CHECK(parsed.faults.empty());
    CHECK(parsed.records.front().name == "a");
    CHECK(parsed.records.front().fields == "b=#1|_=");
    CHECK(parsed.records.front().line == 4);
    CHECK(parse_userdb_source("", "").records.empty());
}

TEST_CASE("names keep their case, their blanks and their bytes") {
    CHECK(only(" J\xC3\xB6hn Doe \t").name == " J\xC3\xB6hn Doe ");
    CHECK(only("a\r\n").name == "a\r");
}

TEST_CASE("a name has 511 bytes at most") {
    CHECK(only(std::string(most_name_bytes - 1, 'n') + "\tuid=1").name.size() == most_name_bytes - 1);
    CHECK(only(std::string(most_name_bytes, 'n') + "\tuid=1").name.size() == most_name_bytes);
    CHECK(faults_of("ok\t\n" + std::string(most_name_bytes + 1, 'n') + "\tuid=1\n") ==
          Faults{"2: name longer than 511 bytes"});
}

TEST_CASE("a NUL is refused anywhere in a record") {
    for (const auto& text : {std::string("a\0b\tuid=1", 9), std::string("ab\tuid\0=1", 9), std::string("a\0", 2)}) {
        CHECK(faults_of(text) == Faults{"1: NUL character"});
    }
}

TEST_CASE("an id that is none is refused, which Courier takes for root's") {
    for (const auto* id : {"uid=", "uid", "uid=x", "uid=-1", "uid=4294967295", "uid=4294967296", "gid=2|uid=x1"}) {
        CHECK(faults_of(std::string("a\t") + id) == Faults{"1: uid is no user id"});
    }
    CHECK(faults_of("a\tuid=1|gid=|home=/h") == Faults{"1: gid is no group id"});
    for (const auto* record : {"a\tuid=4294967294", "a\tuid=12x|gid= 7", "a\thome=/h", "a\tuid=1|uid=x", "1=\tuid",
                               "uid", "uid\t", "a\tuids=x"}) {
        CHECK(faults_of(record).empty());
    }
}

TEST_CASE("every fault is told, with its line, and the other records are there") {
    const auto parsed = parse_userdb_source("a\tuid=x\n\n# c\nb\tuid=1\nc\tgid=y\nd", "");
    CHECK(faults_of("a\tuid=x\n\n# c\nb\tuid=1\nc\tgid=y\nd") ==
          Faults{"1: uid is no user id", "5: gid is no group id"});
    REQUIRE(parsed.records.size() == 2);
    CHECK(parsed.records[0].line == 4);
    CHECK(parsed.records[1].line == 6);
}

}  // namespace
}  // namespace postrider::auth
