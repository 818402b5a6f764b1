// Ends of commands, tags and command words. RFC 3501 section 2.2.1, RFC 7888.
#include "imap/wire/command_lines.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

TEST_CASE("marks of literals") {
    const std::vector<std::pair<std::string_view, LiteralMark>> rows = {
        {"a LOGIN {12}", {12, true, false, 4}},
        {"a LOGIN {12+}", {12, false, false, 5}},
        {"a APPEND x ~{12}", {12, true, true, 5}},
        {"a APPEND x ~{12+}", {12, false, true, 6}},
        {"{0}", {0, true, false, 3}},
        {"~{0}", {0, true, true, 4}},
        {"{0000000000000000000000000012}", {12, true, false, 30}},
        {"{9223372036854775807}", {9223372036854775807u, true, false, 21}},
        {"{{1}", {1, true, false, 3}},
        {"{1}{2}", {2, true, false, 3}},
    };
    for (const auto& [line, mark] : rows) {
        INFO(line);
        CHECK(literal_mark(line) == mark);
    }
}

TEST_CASE("lines without a literal") {
    for (const std::string_view line : {"",
                                        "}",
                                        "{}",
                                        "{+}",
                                        "12}",
                                        "{12",
                                        "{12} ",
                                        "{12}\r",
                                        "{-12}",
                                        "{+12}",
                                        "{ 12}",
                                        "{12 }",
                                        "{0x12}",
                                        "{12++}",
                                        "{1,2}",
                                        "{9223372036854775808}",
                                        "{18446744073709551617}",
                                        "{99999999999999999999999999}",
                                        "+}",
                                        "a NOOP"}) {
        INFO(line);
        CHECK_FALSE(literal_mark(line));
    }
}

TEST_CASE("tags and command words") {
    struct Row {
        std::string_view line;
        std::string_view tag;
        std::string_view name;
        std::string_view args;
    };
    const std::vector<Row> rows = {
        {"a NOOP", "a", "NOOP", ""},
        {"a noop", "a", "NOOP", ""},
        {"123 LOGIN u p", "123", "LOGIN", "u p"},
        {"a.b-c LIST \"\" *", "a.b-c", "LIST", "\"\" *"},
        {"  a   FETCH   1 FLAGS", "a", "FETCH", "1 FLAGS"},
        {"a uid fetch 1 FLAGS", "a", "UID FETCH", "1 FLAGS"},
        {"a UID  STORE 1", "a", "UID STORE", "1"},
        {"a SEARCH(SUBJECT x)", "a", "SEARCH", "(SUBJECT x)"},
        {"a UID SEARCH(SUBJECT x)", "a", "UID SEARCH", "(SUBJECT x)"},
        {"a LIST(ACL)\"\" x", "a", "LIST", "(ACL)\"\" x"},
        {"a+1 NOOP ", "a+1", "NOOP", ""},
        {"[x] NOOP", "[x]", "NOOP", ""},
        {"GET / HTTP/1.1", "GET", "/", "HTTP/1.1"},
        {"EHLO mail.example.org", "EHLO", "MAIL.EXAMPLE.ORG", ""},
        {"UID UID UID", "UID", "UID UID", ""},
    };
    for (const auto& row : rows) {
        INFO(row.line);
        const auto head = parse_command_head(row.line);
        CHECK(head.tag == row.tag);
        CHECK(head.name == row.name);
        CHECK(head.problem.empty());
        CHECK(row.line.substr(head.args_at) == row.args);
    }
}

TEST_CASE("command lines that are wrong") {
    struct Row {
        std::string_view line;
        std::string_view tag;
        std::string_view problem;
    };
    const std::vector<Row> rows = {
        {"", "*", "empty command line"},
        {"   ", "*", "empty command line"},
        {"a", "a", "no command behind the tag"},
        {"a ", "a", "no command behind the tag"},
        {"SSH-2.0-OpenSSH_9.2", "SSH-2.0-OpenSSH_9.2", "no command behind the tag"},
        {"a UID", "a", "no command behind UID"},
        {"a UID ", "a", "no command behind UID"},
        {"a UID (x)", "a", "no command behind UID"},
        {"* NOOP", "*", "not a tag"},
        {"+ NOOP", "*", "not a tag"},
        {"+a NOOP", "*", "not a tag"},
        {"(a) NOOP", "*", "not a tag"},
        {"\"a\" NOOP", "*", "not a tag"},
        {"{1}", "*", "not a tag"},
        {"\\SMAP1 LOGIN", "*", "not a tag"},
        {"a\tNOOP", "*", "not a tag"},
        {"a\x1B[2J NOOP", "*", "not a tag"},
        {"\x16\x03\x01\x02", "*", "not a tag"},
        {"\xC3\xA9 NOOP", "*", "not a tag"},
        {{"a\0b NOOP", 8}, "*", "not a tag"},
        {"a \tNOOP", "a", "not a command word"},
        {"a NOOP\t", "a", "not a command word"},
        {"a NOOP\r", "a", "not a command word"},
        {"a LOGIN\"x\"", "a", "not a command word"},
        {"a (x)", "a", "not a command word"},
    };
    for (const auto& row : rows) {
        INFO(row.line);
        const auto head = parse_command_head(row.line);
        CHECK(head.tag == row.tag);
        CHECK(head.problem == row.problem);
        CHECK(head.name.empty());
        CHECK(head.args_at == row.line.size());
    }
}

TEST_CASE("a tag has at most 128 bytes") {
    for (const std::size_t size : {127u, 128u, 129u}) {
        const auto head = parse_command_head(std::string(size, 't') + " NOOP");
        CHECK(head.problem == (size <= 128 ? "" : "tag too long"));
        CHECK(head.tag.size() == (size <= 128 ? size : 1));
    }
}

TEST_CASE("a command word has at most 64 bytes") {
    for (const std::size_t size : {63u, 64u, 65u}) {
        const auto head = parse_command_head("a " + std::string(size, 'c'));
        CHECK(head.problem.empty() == (size <= 64));
    }
}

TEST_CASE("command lines cut anywhere") {
    const std::string_view line = " a.1 UID FETCH 1:* (FLAGS BODY[HEADER.FIELDS (DATE {4}";
    for (std::size_t size = 0; size <= line.size(); ++size) {
        const std::string cut(line.substr(0, size));
        const auto head = parse_command_head(cut);
        CHECK(head.args_at <= size);
        CHECK(head.name.empty() == !head.problem.empty());
        CHECK(literal_mark(cut).has_value() == (size == line.size()));
    }
}
