// RFC 3501 section 9, fetch-att; compat/imap.md sections 2 and 9.
#include "imap/wire/fetch_items.hpp"

#include <vector>

#include "core/limits.hpp"
#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

Parsed<std::vector<FetchItem>> parse(std::string_view text) {
    ArgReader in(text);
    auto items = parse_fetch_items(in);
    if (items && !in.at_end()) {
        return in.error("something is left");
    }
    return items;
}

FetchItem only(std::string_view text) {
    INFO(text);
    const auto items = parse(text);
    REQUIRE(items.has_value());
    REQUIRE(items->size() == 1);
    check_reader_prefixes(text, parse_fetch_items);
    return items->front();
}

std::string numbers(std::size_t count) {
    std::string text = "BODY[1";
    for (std::size_t i = 1; i < count; ++i) {
        text += ".1";
    }
    return text + ']';
}

}  // namespace

TEST_CASE("items without a section, alone and in parentheses") {
    using K = FetchKind;
    const std::vector<std::pair<std::string_view, std::vector<K>>> rows = {
        {"FLAGS", {K::flags}},
        {"flags", {K::flags}},
        {"BODY", {K::body}},
        {"BODYSTRUCTURE", {K::body_structure}},
        {"RFC822", {K::rfc822}},
        {"RFC822.HEADER", {K::rfc822_header}},
        {"RFC822.TEXT", {K::rfc822_text}},
        {"(RFC822.SIZE INTERNALDATE ENVELOPE)", {K::rfc822_size, K::internal_date, K::envelope}},
        {"(FLAGS UID)", {K::flags, K::uid}},
        {"(  FLAGS   UID  )", {K::flags, K::uid}},
        {"(UID UID)", {K::uid, K::uid}},
        {"FAST", {K::flags, K::internal_date, K::rfc822_size}},
        {"ALL", {K::flags, K::internal_date, K::rfc822_size, K::envelope}},
        {"full", {K::flags, K::internal_date, K::rfc822_size, K::envelope, K::body}},
        {"(UID FAST)", {K::uid, K::flags, K::internal_date, K::rfc822_size}},
    };
    for (const auto& [text, kinds] : rows) {
        INFO(text);
        const auto items = parse(text);
        REQUIRE(items.has_value());
        std::vector<FetchItem> expected;
        for (const auto kind : kinds) {
            expected.push_back({.kind = kind});
        }
        CHECK(*items == expected);
        check_reader_prefixes(text, parse_fetch_items);
    }
}

TEST_CASE("sections, and the names under which they are answered") {
    struct Row {
        std::string_view text;
        Section section;
        std::string_view name;
    };
    using T = SectionText;
    const std::vector<Row> rows = {
        {"BODY[]", {}, "BODY[]"},
        {"body.peek[]", {}, "BODY[]"},
        {"BODY[TEXT]", {{}, T::text, {}}, "BODY[TEXT]"},
        {"BODY[header]", {{}, T::header, {}}, "BODY[HEADER]"},
        {"BODY[1]", {{1}, T::whole, {}}, "BODY[1]"},
        {"BODY[1.2.3]", {{1, 2, 3}, T::whole, {}}, "BODY[1.2.3]"},
        {"BODY[4294967295.mime]", {{4294967295u}, T::mime, {}}, "BODY[4294967295.MIME]"},
        {"BODY[1.HEADER]", {{1}, T::header, {}}, "BODY[1.HEADER]"},
        {"BODY[1.2.TEXT]", {{1, 2}, T::text, {}}, "BODY[1.2.TEXT]"},
        {"BODY[HEADER.FIELDS (subject X)]",
         {{}, T::header_fields, {"subject", "X"}},
         "BODY[HEADER.FIELDS (\"subject\" \"X\")]"},
        {"BODY[HEADER.FIELDS(date)]", {{}, T::header_fields, {"date"}}, "BODY[HEADER.FIELDS (\"date\")]"},
        {"BODY[HEADER.FIELDS  (  date  \"to\"  )]",
         {{}, T::header_fields, {"date", "to"}},
         "BODY[HEADER.FIELDS (\"date\" \"to\")]"},
        {"BODY[HEADER.FIELDS Date]", {{}, T::header_fields, {"Date"}}, "BODY[HEADER.FIELDS (\"Date\")]"},
        {"BODY[HEADER.FIELDS \"Date\"]", {{}, T::header_fields, {"Date"}}, "BODY[HEADER.FIELDS (\"Date\")]"},
        {"BODY[1.HEADER.FIELDS.NOT ({4}\r\ndate a]b)]",
         {{1}, T::header_fields_not, {"date", "a]b"}},
         "BODY[1.HEADER.FIELDS.NOT (\"date\" \"a]b\")]"},
        {"BODY[HEADER.FIELDS ({2}\r\n\r\n \"a\\\"\\\\\")]",
         {{}, T::header_fields, {"\r\n", "a\"\\"}},
         "BODY[HEADER.FIELDS ({2}\r\n\r\n \"a\\\"\\\\\")]"},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto item = only(row.text);
        CHECK(item.kind == FetchKind::section);
        CHECK(item.peek == (row.text.substr(0, 9) == "body.peek"));
        CHECK(item.section == row.section);
        CHECK_FALSE(item.partial.has_value());
        CHECK(print_item_name(item) == row.name);
    }
}

TEST_CASE("partial ranges") {
    CHECK(only("BODY[]<0.1>").partial == Partial{0, 1});
    CHECK(only("BODY[]<7>").partial == Partial{7, {}});
    CHECK(only("BODY.PEEK[1.MIME]<4294967295.4294967295>").partial == Partial{4294967295u, 4294967295u});
    CHECK(print_item_name(only("BODY.PEEK[TEXT]<10.20>")) == "BODY[TEXT]<10>");
    CHECK(print_item_name(only("BODY[HEADER.FIELDS (a)]<5>")) == "BODY[HEADER.FIELDS (\"a\")]<5>");
}

TEST_CASE("a printed item name read again is the same item") {
    for (const std::string_view text : {"BODY[1.2.HEADER.FIELDS.NOT (a \"b c\")]<7.9>", "BODY[3.MIME]", "BODYSTRUCTURE",
                                        "RFC822.SIZE", "BODY[]<0>"}) {
        auto item = only(text);
        if (item.partial) {
            item.partial->count.reset();
        }
        CHECK(only(print_item_name(item)) == item);
    }
}

TEST_CASE("FETCH items that are wrong") {
    for (const std::string_view text : {"",
                                        "()",
                                        "( )",
                                        "(",
                                        "(FLAGS",
                                        "(FLAGS ",
                                        "FLAGS)",
                                        "FLAGS UID",
                                        "((FLAGS))",
                                        "(FLAGS (UID))",
                                        "FOO",
                                        "RFC822.PEEK",
                                        "BODY.PEEK",
                                        "BODY.FOO[]",
                                        "BODY[",
                                        "BODY[]]",
                                        "BODY[0]",
                                        "BODY[01]",
                                        "BODY[1.]",
                                        "BODY[1.0]",
                                        "BODY[.1]",
                                        "BODY[1..2]",
                                        "BODY[1 .2]",
                                        "BODY[4294967296]",
                                        "BODY[4294967297]",
                                        "BODY[-1]",
                                        "BODY[+1]",
                                        "BODY[ 1]",
                                        "BODY[MIME]",
                                        "BODY[FOO]",
                                        "BODY[1.FOO]",
                                        "BODY[TEXT.1]",
                                        "BODY[HEADER.FIELDS]",
                                        "BODY[HEADER.FIELDS ()]",
                                        "BODY[HEADER.FIELDS ( )]",
                                        "BODY[HEADER.FIELDS (a]",
                                        "BODY[HEADER.FIELDS (a)",
                                        "BODY[HEADER.FIELDS (a(b))]",
                                        "BODY[HEADER.FIELDS a b]",
                                        "BODY[HEADER.FIELDS (\xC3\xA9)]",
                                        "BODY[]<>",
                                        "BODY[]<1",
                                        "BODY[]<1.>",
                                        "BODY[]<1.0>",
                                        "BODY[]<1.01>",
                                        "BODY[]<-1>",
                                        "BODY[]< 1>",
                                        "BODY[]<1 .2>",
                                        "BODY[]<1,2>",
                                        "BODY[]<4294967296>",
                                        "BODY[]<4294967297.1>",
                                        "BODY[]<0.4294967297>",
                                        "BODY[]FLAGS",
                                        "(BODY[]FLAGS)",
                                        "BODYSTRUCTURE[]",
                                        "\"FLAGS\"",
                                        "RFC822.SIZE<1>",
                                        "FLAGS[]"}) {
        INFO(text);
        const auto items = parse(text);
        REQUIRE_FALSE(items.has_value());
        CHECK(items.error().offset <= text.size());
        ArgReader in(text);
        if (!parse_fetch_items(in)) {
            CHECK(in.offset() == 0);
        }
    }
}

TEST_CASE("an error names what is wrong, and where") {
    CHECK(parse("(FLAGS FOO)").error() == SyntaxError{7, "unknown FETCH item \"FOO\""});
    CHECK(parse("BODY[1.foo]").error() == SyntaxError{7, "unknown section \"foo\""});
    CHECK(parse(std::string(40, 'X')).error().reason == "unknown FETCH item \"" + std::string(32, 'X') + "...\"");
    CHECK(parse("BODY[MIME]").error().reason == "MIME needs a part number");
}

TEST_CASE("at most limits::fetch_items items, those of macros counted") {
    const auto fits = [](std::size_t count, std::string_view last) {
        std::string text = "(";
        for (std::size_t i = 0; i < count; ++i) {
            text += "UID ";
        }
        return parse(text.append(last).append(")")).has_value();
    };
    CHECK(fits(limits::fetch_items - 1, ""));
    CHECK(fits(limits::fetch_items, ""));
    CHECK_FALSE(fits(limits::fetch_items + 1, ""));
    CHECK(fits(limits::fetch_items - 3, "FAST"));
    CHECK_FALSE(fits(limits::fetch_items - 2, "FAST"));
}

TEST_CASE("a part number is at most limits::mime_depth deep") {
    CHECK(parse(numbers(limits::mime_depth - 1)).has_value());
    CHECK(parse(numbers(limits::mime_depth)).has_value());
    CHECK_FALSE(parse(numbers(limits::mime_depth + 1)).has_value());
}
