// Tokens and what is made of them. RFC 3501 section 9; leniency: compat/imap.md section 2.
#include "imap/wire/arg_reader.hpp"

#include <vector>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "imap/wire/prefixes.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

struct Text {
    std::string_view input;
    std::string_view value;
    std::string_view rest;
};

template <class Read>
void check_texts(const std::vector<Text>& rows, Read read) {
    for (const auto& row : rows) {
        INFO(row.input);
        ArgReader in(row.input);
        const auto value = read(in);
        REQUIRE(value.has_value());
        CHECK(*value == row.value);
        CHECK(in.rest() == row.rest);
        check_reader_prefixes(row.input, read);
    }
}

template <class Read>
void check_wrong(const std::vector<std::string_view>& rows, Read read) {
    for (const auto text : rows) {
        INFO(text);
        ArgReader in(text);
        const auto value = read(in);
        REQUIRE_FALSE(value.has_value());
        CHECK(value.error().offset <= text.size());
        CHECK(in.offset() == 0);
    }
}

const auto atom = [](ArgReader& in) { return in.atom(); };
const auto quoted = [](ArgReader& in) { return in.quoted(); };
const auto literal = [](ArgReader& in) { return in.literal(); };
const auto astring = [](ArgReader& in) { return in.astring(); };
const auto nstring = [](ArgReader& in) { return in.nstring(); };
const auto list_mailbox = [](ArgReader& in) { return in.list_mailbox(); };
const auto mailbox = [](ArgReader& in) { return in.mailbox(); };
const auto utf8_mailbox = [](ArgReader& in) {
    in = ArgReader(in.rest(), Names::utf8);
    return in.mailbox();
};
const auto number = [](ArgReader& in) { return in.number(); };
const auto nz_number = [](ArgReader& in) { return in.nz_number(); };
const auto sequence_set = [](ArgReader& in) { return in.sequence_set(); };
const auto flag_list = [](ArgReader& in) { return in.flag_list(); };
const auto flags_bare = [](ArgReader& in) { return in.flags_bare(); };
const auto date_time = [](ArgReader& in) { return in.date_time(); };
const auto date = [](ArgReader& in) { return in.date(); };

}  // namespace

TEST_CASE("atom characters") {
    for (int i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const bool special = i <= ' ' || i >= 127 || std::string_view("(){%*\"\\]").find(c) != std::string_view::npos;
        CHECK(is_atom_char(c) == !special);
        CHECK(is_astring_char(c) == (!special || c == ']'));
    }
}

TEST_CASE("atoms") {
    check_texts({{"abc", "abc", ""}, {"a.b-c d", "a.b-c", " d"}, {"x(", "x", "("}, {"[a]", "[a", "]"}, {"}", "}", ""}},
                atom);
    check_wrong({"", " a", "(", "\"a\"", "\xC3\xA9", "*", "]", {"\0", 1}}, atom);
}

TEST_CASE("quoted strings") {
    check_texts({{R"("")", "", ""},
                 {R"("a b" c)", "a b", " c"},
                 {R"("a\"b\\c")", R"(a"b\c)", ""},
                 {"\"\xC3\xA9\"", "\xC3\xA9", ""},
                 {"\"\t\x7F\"", "\t\x7F", ""}},
                quoted);
    check_wrong({"",
                 "a",
                 R"("a)",
                 R"("a\")",
                 R"("\a")",
                 R"("\)",
                 "\"a\rb\"",
                 "\"a\nb\"",
                 {"\"a\0b\"", 5},
                 "\"\xE9\"",
                 "\"\xED\xA0\x80\"",
                 "\"\xC0\x80\""},
                quoted);
}

TEST_CASE("literals") {
    check_texts({{"{0}\r\n", "", ""},
                 {"{3}\r\nabc d", "abc", " d"},
                 {"{3+}\r\nabc", "abc", ""},
                 {"{003}\r\na\r\n", "a\r\n", ""},
                 {"{2}\r\n\xE9\xFF", "\xE9\xFF", ""}},
                literal);
    check_wrong({"{",
                 "{}\r\n",
                 "{3}",
                 "{3}\r\n",
                 "{3}\r\nab",
                 "{3}\nabc",
                 "{-1}\r\n",
                 "{+1}\r\na",
                 "{ 1}\r\na",
                 "{0x1}\r\na",
                 "{18446744073709551616}\r\n",
                 "{18446744073709551617}\r\na",
                 "{4294967297}\r\na",
                 "{1++}\r\na",
                 "~{1}\r\na",
                 {"{1}\r\n\0", 6}},
                literal);
}

TEST_CASE("astrings") {
    check_texts({{"pass[word]", "pass[word]", ""},
                 {"a", "a", ""},
                 {"\"a b\"", "a b", ""},
                 {"{1}\r\n(", "(", ""},
                 {"NIL", "NIL", ""},
                 {"todd@example.org x", "todd@example.org", " x"}},
                astring);
    check_wrong({"", " ", "(a)", "%", "*", ")", "\\Seen"}, astring);
}

TEST_CASE("nstrings") {
    ArgReader nil("nil x");
    const auto none = nil.nstring();
    REQUIRE(none.has_value());
    CHECK_FALSE(none->has_value());
    CHECK(nil.rest() == " x");
    ArgReader some("\"NIL\"");
    CHECK(some.nstring().value() == "NIL");
    check_wrong({"", "NILS", "NIL]", "abc", "()"}, nstring);
    check_reader_prefixes("NIL", nstring);
}

TEST_CASE("list patterns as arguments") {
    check_texts(
        {{"*", "*", ""}, {"INBOX.% x", "INBOX.%", " x"}, {"a]*", "a]*", ""}, {"\"\"", "", ""}, {"{2}\r\n% ", "% ", ""}},
        list_mailbox);
    check_wrong({"", "(", " *", "\\"}, list_mailbox);
}

TEST_CASE("mailbox names as arguments") {
    check_texts({{"inbox", "INBOX", ""},
                 {"InBox.Sub", "INBOX.Sub", ""},
                 {"inboxes", "inboxes", ""},
                 {"a.inbox", "a.inbox", ""},
                 {"\"Inbox.&AOk-\" x", "INBOX.é", " x"},
                 {"{5}\r\niNbOx", "INBOX", ""},
                 {"\"\"", "", ""},
                 {"#shared.x", "#shared.x", ""}},
                mailbox);
    check_wrong({"", "\"\xC3\xA9\"", "&AOk", "{3}\r\na\r\n", "(INBOX)", "{1}\r\n\t"}, mailbox);
}

TEST_CASE("mailbox names in UTF-8") {
    check_texts({{"\"inbox.\xC3\xA9\"", "INBOX.\xC3\xA9", ""}, {"&AOk-", "&AOk-", ""}}, utf8_mailbox);
    check_wrong({"{1}\r\n\xE9", "{1}\r\n\n", "{1}\r\n\r", {"{1}\r\n\0", 6}}, utf8_mailbox);
}

TEST_CASE("numbers") {
    struct Row {
        std::string_view text;
        std::uint32_t value;
        std::string_view rest;
    };
    for (const auto& row :
         std::vector<Row>{{"0", 0, ""}, {"4294967295", 4294967295u, ""}, {"007 ", 7, " "}, {"12a", 12, "a"}}) {
        ArgReader in(row.text);
        CHECK(in.number().value() == row.value);
        CHECK(in.rest() == row.rest);
    }
    check_wrong({"", "-1", "+1", " 1", "a", "4294967296", "4294967297", "99999999999999999999999"}, number);
    check_wrong({"0", "01", "", "-1", "4294967297"}, nz_number);
    ArgReader one("1");
    CHECK(one.nz_number().value() == 1);
}

TEST_CASE("sequence sets as arguments") {
    ArgReader in("1:4,* x");
    CHECK(in.sequence_set().value() == SequenceSet{{1, 4}, {0, 0}});
    CHECK(in.rest() == " x");
    check_wrong({"", "x", "0", "1:", "1,,2", ","}, sequence_set);
    ArgReader behind("ab 1:0");
    behind.take_word("ab ");
    CHECK(behind.sequence_set().error().offset == 5);
    check_reader_prefixes("1:4,7,*", sequence_set);
}

TEST_CASE("flags in parentheses") {
    using store::Flag;
    const std::vector<std::pair<std::string_view, FlagList>> rows = {
        {"()", {}},
        {"(  )", {}},
        {"(\\seen)", {Flag::seen, {}}},
        {"( \\Seen  \\DELETED )", {Flag::seen | Flag::deleted, {}}},
        {"(\\Answered \\Flagged \\Draft)", {Flag::answered | Flag::flagged | Flag::draft, {}}},
        {"($Forwarded -Label1 Abra,Cadabra)", {{}, {"$Forwarded", "-Label1", "Abra,Cadabra"}}},
        {"(Foo foo FOO \\Seen \\Seen Bar)", {Flag::seen, {"Foo", "Bar"}}},
        {"(NIL)", {{}, {"NIL"}}},
    };
    for (const auto& [text, list] : rows) {
        INFO(text);
        ArgReader in(text);
        const auto flags = in.flag_list();
        REQUIRE(flags.has_value());
        CHECK(*flags == list);
        CHECK(in.at_end());
        check_reader_prefixes(text, flag_list);
    }
    check_wrong({"", "\\Seen", "(", "(\\Seen", "(\\Recent)", "(\\Foo)", "(\\)", "(\\*)", "(a]b)", "(a(b))", "(\"a\")",
                 "(\xC3\xA9)", "(a%)", "NIL"},
                flag_list);
}

TEST_CASE("flags without parentheses") {
    using store::Flag;
    const std::vector<std::tuple<std::string_view, FlagList, std::string_view>> rows = {
        {"\\Seen", {Flag::seen, {}}, ""}, {"\\Seen  kw", {Flag::seen, {"kw"}}, ""},
        {"kw ", {{}, {"kw"}}, " "},       {"nil", {}, ""},
        {"a)", {{}, {"a"}}, ")"},
    };
    for (const auto& [text, list, rest] : rows) {
        INFO(text);
        ArgReader in(text);
        const auto flags = in.flags_bare();
        REQUIRE(flags.has_value());
        CHECK(*flags == list);
        CHECK(in.rest() == rest);
        check_reader_prefixes(text, flags_bare);
    }
    check_wrong({"", " a", "\\Recent", "\\Seen \\Foo", "\\Seen (a)", "("}, flags_bare);
}

TEST_CASE("a keyword has at most limits::keyword_bytes bytes") {
    const auto fits = [](std::size_t size) {
        const auto text = '(' + std::string(size, 'k') + ')';
        return ArgReader(text).flag_list().has_value();
    };
    CHECK(fits(limits::keyword_bytes - 1));
    CHECK(fits(limits::keyword_bytes));
    CHECK_FALSE(fits(limits::keyword_bytes + 1));
}

TEST_CASE("dates as arguments") {
    using namespace std::chrono;
    for (const std::string_view text : {"1-Feb-1994", "\"1-Feb-1994\""}) {
        ArgReader in(text);
        CHECK(in.date().value() == 1994y / February / 1);
        CHECK(in.at_end());
        check_reader_prefixes(text, date);
    }
    check_wrong({"", "31-Feb-1994", "\"1-Feb-1994", "\" 1-Feb-1994\"", "(1-Feb-1994)"}, date);
    ArgReader time("\" 1-Feb-1994 21:52:25 -0800\" {3}");
    CHECK(time.date_time().value().zone == -8h);
    CHECK(time.rest() == " {3}");
    check_wrong({"", "1-Feb-1994", "\"1-Feb-1994\"", "\"31-Feb-1994 00:00:00 +0000\"", "NIL"}, date_time);
    check_reader_prefixes("\" 1-Feb-1994 21:52:25 -0800\"", date_time);
}

TEST_CASE("the blank between arguments") {
    ArgReader run("a   b");
    CHECK(run.atom().has_value());
    CHECK(run.space().has_value());
    CHECK(run.peek() == 'b');
    CHECK_FALSE(run.space().has_value());
    ArgReader parentheses("a(b)c");
    CHECK(parentheses.atom().has_value());
    CHECK(parentheses.space().has_value());
    CHECK(parentheses.take('('));
    CHECK_FALSE(parentheses.space().has_value());
    CHECK(parentheses.atom().has_value());
    CHECK_FALSE(parentheses.space().has_value());
    CHECK(parentheses.take(')'));
    CHECK(parentheses.space().has_value());
    CHECK(parentheses.peek() == 'c');
    ArgReader inside_literal("{1}\r\n)x");
    CHECK(inside_literal.literal().has_value());
    CHECK_FALSE(inside_literal.space().has_value());
    ArgReader tab("\ta");
    CHECK_FALSE(tab.space().has_value());
    CHECK_FALSE(ArgReader("").space().has_value());
}

TEST_CASE("the end of a command") {
    CHECK(ArgReader("").done());
    CHECK(ArgReader("  ").done());
    CHECK_FALSE(ArgReader(" a").done());
}

TEST_CASE("bytes and words") {
    const std::string_view nul("\0", 1);
    CHECK(ArgReader("").peek() == '\0');
    CHECK_FALSE(ArgReader("").take('\0'));
    CHECK(ArgReader(nul).take('\0'));
    ArgReader in("Silent");
    CHECK_FALSE(in.take_word("silently"));
    CHECK(in.take_word("sil"));
    CHECK(in.rest() == "ent");
    CHECK(in.error("x") == SyntaxError{3, "x"});
}

TEST_CASE("client text in a reason is short printable ASCII") {
    CHECK(shown("FOO") == "\"FOO\"");
    CHECK(shown("a\r\n\xC3\xA9\x7F") == "\"a.....\"");
    CHECK(shown(std::string(32, 'x')) == '"' + std::string(32, 'x') + '"');
    CHECK(shown(std::string(33, 'x')) == '"' + std::string(32, 'x') + "...\"");
}
