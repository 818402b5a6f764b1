// RFC 3501 sections 6.4.4 and 9, search-key; compat/imap.md section 12.
#include "imap/wire/search_keys.hpp"

#include <chrono>
#include <vector>

#include "core/limits.hpp"
#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

using K = SearchKind;

Parsed<SearchProgram> parse(std::string_view text) {
    ArgReader in(text);
    auto program = parse_search(in);
    CHECK(in.offset() == (program ? text.size() : 0));
    return program;
}

std::vector<SearchKey> keys(std::string_view text) {
    INFO(text);
    auto program = parse(text);
    REQUIRE(program.has_value());
    check_reader_prefixes(text, parse_search);
    return program->keys;
}

SearchKey flag(store::Flag which) {
    return {.kind = K::flag, .flag = which};
}

SearchKey text_key(SearchKind kind, std::string text) {
    return {.kind = kind, .text = std::move(text)};
}

SearchKey op_and(std::uint32_t number) {
    return {.kind = K::op_and, .number = number};
}

/// Operands and operators fit: what is left at the end is one result.
bool is_whole(const std::vector<SearchKey>& program) {
    std::size_t results = 0;
    for (const auto& key : program) {
        const std::size_t takes = key.kind == K::op_not   ? 1
                                  : key.kind == K::op_or  ? 2
                                  : key.kind == K::op_and ? key.number
                                                          : 0;
        if (takes > results || (key.kind == K::op_and && takes == 0)) {
            return false;
        }
        results = results - takes + 1;
    }
    return results == 1;
}

std::string repeated(std::string_view piece, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += piece;
    }
    return out;
}

}  // namespace

TEST_CASE("single search keys") {
    using store::Flag;
    using namespace std::chrono;
    const auto day = 1994y / February / 1;
    const std::vector<std::pair<std::string_view, SearchKey>> rows = {
        {"ALL", {.kind = K::all}},
        {"all", {.kind = K::all}},
        {"RECENT", {.kind = K::recent}},
        {"OLD", {.kind = K::not_recent}},
        {"NEW", {.kind = K::fresh}},
        {"SEEN", flag(Flag::seen)},
        {"ANSWERED", flag(Flag::answered)},
        {"DELETED", flag(Flag::deleted)},
        {"DRAFT", flag(Flag::draft)},
        {"FLAGGED", flag(Flag::flagged)},
        {"UNSEEN", {.kind = K::not_flag, .flag = Flag::seen}},
        {"UNANSWERED", {.kind = K::not_flag, .flag = Flag::answered}},
        {"UNDELETED", {.kind = K::not_flag, .flag = Flag::deleted}},
        {"UNDRAFT", {.kind = K::not_flag, .flag = Flag::draft}},
        {"UNFLAGGED", {.kind = K::not_flag, .flag = Flag::flagged}},
        {"KEYWORD $Forwarded", text_key(K::keyword, "$Forwarded")},
        {"UNKEYWORD x", text_key(K::not_keyword, "x")},
        {"1:4,*", {.kind = K::sequence, .set = {{1, 4}, {0, 0}}}},
        {"*", {.kind = K::sequence, .set = {{0, 0}}}},
        {"UID 7:*", {.kind = K::uid, .set = {{7, 0}}}},
        {"BEFORE 1-Feb-1994", {.kind = K::before, .date = day}},
        {"ON \"1-Feb-1994\"", {.kind = K::on, .date = day}},
        {"SINCE 01-feb-1994", {.kind = K::since, .date = day}},
        {"SENTBEFORE 1-Feb-1994", {.kind = K::sent_before, .date = day}},
        {"SENTON 1-Feb-1994", {.kind = K::sent_on, .date = day}},
        {"SENTSINCE 1-Feb-1994", {.kind = K::sent_since, .date = day}},
        {"LARGER 0", {.kind = K::larger}},
        {"SMALLER 4294967295", {.kind = K::smaller, .number = 4294967295u}},
        {"HEADER Message-ID \"\"", {.kind = K::header, .field = "Message-ID"}},
        {"HEADER \"x y\" {1}\r\nz", {.kind = K::header, .field = "x y", .text = "z"}},
        {"FROM smith", text_key(K::from, "smith")},
        {"TO a@b", text_key(K::to, "a@b")},
        {"CC \"a b\"", text_key(K::cc, "a b")},
        {"BCC x", text_key(K::bcc, "x")},
        {"SUBJECT [list]", text_key(K::subject, "[list]")},
        {"BODY {3}\r\n\xFF()", text_key(K::body, "\xFF()")},
        {"TEXT \"\xC3\xA9\"", text_key(K::text, "\xC3\xA9")},
        {"  ALL  ", {.kind = K::all}},
        {"(ALL)", {.kind = K::all}},
        {"((  ALL  ))", {.kind = K::all}},
    };
    for (const auto& [text, key] : rows) {
        CHECK(keys(text) == std::vector<SearchKey>{key});
    }
}

TEST_CASE("search keys put together, operators behind their operands") {
    const SearchKey all{.kind = K::all};
    const SearchKey recent{.kind = K::recent};
    const SearchKey fresh{.kind = K::fresh};
    const SearchKey op_not{.kind = K::op_not};
    const SearchKey op_or{.kind = K::op_or};
    const std::vector<std::pair<std::string_view, std::vector<SearchKey>>> rows = {
        {"ALL RECENT", {all, recent, op_and(2)}},
        {"ALL RECENT NEW", {all, recent, fresh, op_and(3)}},
        {"NOT ALL", {all, op_not}},
        {"NOT NOT ALL", {all, op_not, op_not}},
        {"NOT ALL RECENT", {all, op_not, recent, op_and(2)}},
        {"NOT (ALL RECENT)", {all, recent, op_and(2), op_not}},
        {"NOT(ALL)", {all, op_not}},
        {"OR ALL RECENT", {all, recent, op_or}},
        {"OR ALL RECENT NEW", {all, recent, op_or, fresh, op_and(2)}},
        {"OR OR ALL RECENT NEW", {all, recent, op_or, fresh, op_or}},
        {"OR ALL OR RECENT NEW", {all, recent, fresh, op_or, op_or}},
        {"OR NOT ALL NOT RECENT", {all, op_not, recent, op_not, op_or}},
        {"OR(ALL RECENT)(NEW)", {all, recent, op_and(2), fresh, op_or}},
        {"(ALL)(RECENT)NEW", {all, recent, fresh, op_and(3)}},
        {"( ALL ( RECENT NEW ) )", {all, recent, fresh, op_and(2), op_and(2)}},
        {"NOT (OR (ALL) (NOT RECENT)) NEW", {all, recent, op_not, op_or, op_not, fresh, op_and(2)}},
    };
    for (const auto& [text, expected] : rows) {
        const auto program = keys(text);
        CHECK(program == expected);
        CHECK(is_whole(program));
    }
}

TEST_CASE("the charset of a search") {
    CHECK_FALSE(parse("ALL")->charset.has_value());
    CHECK(parse("CHARSET UTF-8 ALL")->charset == "UTF-8");
    CHECK(parse("charset \"iso-8859-1\" SUBJECT {1}\r\n\xE9")->charset == "iso-8859-1");
    CHECK(parse("CHARSET x(ALL)")->charset == "x");
    check_reader_prefixes("CHARSET UTF-8 SUBJECT {1}\r\nx", parse_search);
}

TEST_CASE("searches that are wrong") {
    for (const std::string_view text : {"",
                                        "  ",
                                        "()",
                                        "( )",
                                        "(",
                                        "(ALL",
                                        "ALL)",
                                        ")",
                                        "(ALL))",
                                        "NOT",
                                        "NOT ",
                                        "NOT )",
                                        "(NOT)",
                                        "OR",
                                        "OR ALL",
                                        "OR ALL ",
                                        "(OR ALL)",
                                        "(OR ALL) ALL",
                                        "OR (ALL RECENT)",
                                        "FOO",
                                        "ALL FOO",
                                        "SUBJECT",
                                        "SUBJECT ",
                                        "SUBJECT(a)",
                                        "SUBJECT\"a\"",
                                        "SUBJECT \"a\"ALL",
                                        "HEADER",
                                        "HEADER a",
                                        "HEADER a ",
                                        "KEYWORD",
                                        "KEYWORD \"a\"",
                                        "KEYWORD \\Seen",
                                        "UID",
                                        "UID 0",
                                        "UID x",
                                        "0",
                                        "1:",
                                        "1,,2",
                                        "01",
                                        "4294967297",
                                        "-1",
                                        "+1",
                                        "0x1",
                                        "$",
                                        "LARGER",
                                        "LARGER -1",
                                        "LARGER 4294967296",
                                        "LARGER 4294967297",
                                        "LARGER 1x",
                                        "LARGER \"1\"",
                                        "BEFORE 31-Feb-1994",
                                        "BEFORE 1994",
                                        "ON",
                                        "CHARSET",
                                        "CHARSET UTF-8",
                                        "CHARSET UTF-8 ",
                                        "CHARSET (a) ALL",
                                        "ALL CHARSET UTF-8",
                                        "CHARSET a CHARSET b ALL",
                                        "1ALL",
                                        "ALL\tSEEN",
                                        "TEXT \"\xE9\"",
                                        "TEXT {1}\r\n",
                                        "\xC3\xA9",
                                        "1 2,"}) {
        INFO(text);
        const auto program = parse(text);
        REQUIRE_FALSE(program.has_value());
        CHECK(program.error().offset <= text.size());
    }
}

TEST_CASE("an error names the search key that is unknown, and where it is") {
    CHECK(parse("ALL FOO").error() == SyntaxError{4, "unknown search key \"FOO\""});
    CHECK(parse("ALL (").error() == SyntaxError{5, "search key expected"});
    CHECK(parse("LARGER 1:2").error().offset == 8);
}

TEST_CASE("a search has at most limits::search_keys keys, NOT and OR among them") {
    const auto fits = [](std::string_view before, std::size_t count) {
        return parse(std::string(before) + repeated(" ALL", count)).has_value();
    };
    CHECK(fits("", limits::search_keys - 1));
    CHECK(fits("", limits::search_keys));
    CHECK_FALSE(fits("", limits::search_keys + 1));
    CHECK(fits("NOT", limits::search_keys - 1));
    CHECK_FALSE(fits("NOT", limits::search_keys));
    CHECK(fits("OR", limits::search_keys - 1));
    CHECK_FALSE(fits("OR", limits::search_keys));
    CHECK(parse(repeated("(ALL)", limits::search_keys)).has_value());
    CHECK_FALSE(parse(repeated("(ALL)", limits::search_keys + 1)).has_value());
}

TEST_CASE("a search is at most limits::search_nesting levels deep") {
    for (const std::size_t levels : {limits::search_nesting - 1, limits::search_nesting, limits::search_nesting + 1}) {
        const bool fits = levels <= limits::search_nesting;
        INFO(levels);
        CHECK(parse(repeated("(", levels) + "ALL" + repeated(")", levels)).has_value() == fits);
        CHECK(parse(repeated("NOT ", levels) + "ALL").has_value() == fits);
        CHECK(parse(repeated("OR ALL ", levels) + "ALL").has_value() == fits);
        CHECK(parse(repeated("OR ", levels) + "ALL" + repeated(" ALL", levels)).has_value() == fits);
    }
    CHECK(is_whole(keys("NOT (OR NOT ALL (NEW OLD))")));
}

TEST_CASE("open parentheses without end end the search early") {
    CHECK(parse(std::string(10'000'000, '(')).error().offset == limits::search_nesting);
}
