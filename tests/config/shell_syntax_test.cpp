// Settings files read as sh reads them. compat/config.md section 1.1.
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/syntax.hpp"
#include "support/catch.hpp"

using namespace postrider::config;
using namespace std::string_literals;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read(const std::string& text, const std::map<std::string, std::string>& known = {}) {
    const auto parsed = parse_shell_assignments(text, "file", known);
    if (!parsed) {
        return {{"line " + std::to_string(parsed.error().line), parsed.error().reason}};
    }
    Pairs out;
    for (const Assignment& found : *parsed) {
        out.emplace_back(found.name, found.value);
    }
    return out;
}

FileSyntaxError error_of(const std::string& text) {
    const auto parsed = parse_shell_assignments(text, "file", {});
    return parsed ? FileSyntaxError{0, "no error"} : parsed.error();
}

}  // namespace

TEST_CASE("values are quoted as in sh") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"A=", ""},
        {"A=143", "143"},
        {"A='a b'", "a b"},
        {"A=\"a b\"", "a b"},
        {"A=a\\ b", "a b"},
        {"A='a'\"b\"c", "abc"},
        {"A='a\\b'", "a\\b"},
        {"A=\"a\\b\"", "a\\b"},
        {"A=\"a\\\"b\\\\c\\$d\\`e\"", "a\"b\\c$d`e"},
        {"A=\\$B", "$B"},
        {"A='$B'", "$B"},
        {"A='it'\\''s'", "it's"},
        {"A='two\nlines'", "two\nlines"},
        {"A=\"two\nlines\"", "two\nlines"},
        {"A=one\\\nline", "oneline"},
        {"A=\"one\\\nline\"", "oneline"},
        {"A='two\\\nlines'", "two\\\nlines"},
        {"A\\\n=1", "1"},
        {"A=1#2", "1#2"},
        {"A=1 # comment ; with `anything` in $(it)", "1"},
        {"A='#' # x", "#"},
        {"A=*?[a]{b,c}!%", "*?[a]{b,c}!%"},
        {"A=b~", "b~"},
        {"A='~'", "~"},
        {"A=x=y", "x=y"},
        {"A=$", "$"},
        {"A=$.b", "$.b"},
        {"A=\"$\"", "$"},
        {"\t A=1 \t", "1"},
        {"export A=1", "1"},
        {"\n\n#A=2\n  # x\nA=1\n", "1"},
        {"A=\xC3\xA9", "\xC3\xA9"},
    };
    for (const auto& [text, value] : cases) {
        CAPTURE(text);
        CHECK(read(text) == Pairs{{"A", value}});
    }
}

TEST_CASE("names stand for what was read before them") {
    CHECK(read("A=1\nB=$A\nC=${A}x$B") == Pairs{{"A", "1"}, {"B", "1"}, {"C", "1x1"}});
    CHECK(read("A=$A_UNKNOWN.").front().second == ".");
    CHECK(read("A=1\nA=\"$A 2\"\n") == Pairs{{"A", "1"}, {"A", "1 2"}});
    CHECK(read("A=$B", {{"B", "known"}}) == Pairs{{"A", "known"}});
    CHECK(read("B=new\nA=$B", {{"B", "known"}}).back().second == "new");
    CHECK(read("A=1 B=$A") == Pairs{{"A", "1"}, {"B", "1"}});
    CHECK(read("A=0\nexport A=1 B=$A\nC=$A") == Pairs{{"A", "0"}, {"A", "1"}, {"B", "0"}, {"C", "1"}});
    CHECK(read("A='a  b'\nB=$A") == Pairs{{"A", "a  b"}, {"B", "a  b"}});
    CHECK(read("A='$B'\nB=1\nC=$A").back().second == "$B");
    CHECK(read("A=1\nexport A\nexport A B\n") == Pairs{{"A", "1"}});
}

TEST_CASE("lines are counted where the assignment begins") {
    const auto parsed = parse_shell_assignments("# 1\nA='2\n3'\nB=4\\\n5\nC=6", "name", {});
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->size() == 3);
    CHECK((*parsed)[0].line == 2);
    CHECK((*parsed)[1].line == 4);
    CHECK((*parsed)[2].line == 6);
    CHECK((*parsed)[2].file == "name");
}

TEST_CASE("what only a shell could do is an error that names its line") {
    for (const std::string bad : {"A=$(date)",
                                  "A=`date`",
                                  "A=\"$(date)\"",
                                  "A=\"`date`\"",
                                  "A=1;",
                                  "A=1; B=2",
                                  "A=1 &",
                                  "A=a|b",
                                  "A=1 >x",
                                  "A=<x",
                                  "A=(1)",
                                  "A=${B:-1}",
                                  "A=${}",
                                  "A=${B",
                                  "A=\"${B\"",
                                  "A=$1",
                                  "A=$@",
                                  "A=$$",
                                  "A=$?",
                                  "A=\"$*\"",
                                  "A=$'x'",
                                  "A=$\"x\"",
                                  "A=~/x",
                                  "A=a:~/b",
                                  "if true",
                                  ". /etc/x",
                                  "echo",
                                  "A =1",
                                  "A= x",
                                  "A=1 x",
                                  "A+=1",
                                  "1A=1",
                                  "=1",
                                  "A",
                                  "A=1 export B=2",
                                  "export",
                                  "export -p",
                                  "export A =1",
                                  "A='x",
                                  "A=\"x",
                                  "A=\"x\\",

                                  "\"A\"=1",
                                  "A\\B=1",
                                  "\xEF\xBB\xBF"
                                  "A=1",
                                  "A=1\r",
                                  "[ x ]",
                                  "unset A",
                                  "A=\"a\"\"b"}) {
        CAPTURE(bad);
        CHECK(error_of("# 1\nX=1\n" + bad + "\n").line == 3);
    }
    CHECK(error_of("A=1\nB=\0002"s + "\0"s).line == 2);
    CHECK(error_of("A=1\nB='x\n\n\n").line == 2);
    CHECK(error_of("A=1\nB=x\\").line == 2);
}

TEST_CASE("errors say what was expected") {
    CHECK(error_of("A =1").reason == "expected NAME=value: no blank may stand between \"A\" and =");
    CHECK(error_of("echo hello").reason == "expected NAME=value, found \"echo\"; commands are not run");
    CHECK(error_of("A=1\r\n").reason.find("CR LF") != std::string::npos);
    CHECK(error_of("A='").reason == "this line opens a ' that is never closed");
}

TEST_CASE("values may not grow beyond their limit") {
    const std::string half(settings_bytes / 2 - 2, 'x');
    CHECK(read("A=" + half + "\nB=$A\nC=xxxx").size() == 3);
    CHECK(error_of("A=" + half + "\nB=$A\nC=xxxxx").line == 3);
    CHECK(error_of(std::string(settings_bytes, '#')).reason == "no error");
    CHECK(error_of(std::string(settings_bytes + 1, '#')).line == 1);
    std::string doubling = "A=x\n";
    for (int i = 0; i < 100; ++i) {
        doubling += "A=$A$A\n";
    }
    CHECK(error_of(doubling).line > 10);
}

TEST_CASE("a quoted value reads back as it was") {
    std::string every;
    for (int c = 1; c < 256; ++c) {
        every += c == '\r' ? ' ' : static_cast<char>(c);
    }
    for (const std::string& value : {""s, "plain/path.1"s, "it's"s, "'"s, "~"s, "a b"s, "$A"s, every}) {
        CHECK(read("A=" + shell_quoted(value)) == Pairs{{"A", value}});
    }
}

TEST_CASE("authdaemonrc has its own syntax") {
    const auto parsed = parse_authdaemonrc(
        "# comment\nauthmodulelist=\"authuserdb authpam\" # more\n\n  \ndaemons=  5  \nX=a=b\n indented=1\n"
        "DEFAULTOPTIONS=\"\"\nY=a b # c\nZ=\"a\" b\nVERSION='x'",
        "rc");
    REQUIRE(parsed.has_value());
    Pairs found;
    for (const Assignment& assignment : *parsed) {
        found.emplace_back(assignment.name, assignment.value);
    }
    CHECK(found == Pairs{{"authmodulelist", "authuserdb authpam"},
                         {"daemons", "5"},
                         {"X", "a=b"},
                         {" indented", "1"},
                         {"DEFAULTOPTIONS", ""},
                         {"Y", "a b"},
                         {"Z", "a"},
                         {"VERSION", "'x'"}});
    CHECK(parsed->at(1).line == 5);
    for (const std::string bad : {"word\n", "A=\"x\n", "A=\"x # y\"\n", "A=1\r\n"}) {
        CAPTURE(bad);
        const auto failed = parse_authdaemonrc("#\n" + bad, "rc");
        REQUIRE(failed.has_error());
        CHECK(failed.error().line == 2);
    }
}
