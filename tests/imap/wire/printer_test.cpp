// Strings, flags and envelopes as they go out. compat/imap.md section 9.
#include "imap/wire/printer.hpp"

#include <vector>

#include "imap/wire/arg_reader.hpp"
#include "imap/wire/header_text.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

std::string printed(std::string_view text) {
    std::string out;
    print_string(out, text);
    return out;
}

std::string flags(store::Flags set, bool recent, const std::vector<std::string_view>& keywords) {
    std::string out;
    print_flags(out, set, recent, keywords);
    return out;
}

std::string envelope(const mime::Envelope& value, bool utf8 = false) {
    std::string out;
    print_envelope(out, value, utf8);
    return out;
}

}  // namespace

TEST_CASE("strings, quoted where they can be") {
    CHECK(printed("") == "\"\"");
    CHECK(printed("a b") == "\"a b\"");
    CHECK(printed("a\"b\\") == R"("a\"b\\")");
    CHECK(printed("\t\x7F") == "\"\t\x7F\"");
    CHECK(printed("\xC3\xA9") == "{2}\r\n\xC3\xA9");
    CHECK(printed("a\r\n") == "{3}\r\na\r\n");
    CHECK(printed(std::string_view("\0", 1)) == std::string_view("{1}\r\n\0", 6));
    std::string out;
    print_nstring(out, std::nullopt);
    print_nstring(out, "NIL");
    CHECK(out == "NIL\"NIL\"");
}

TEST_CASE("a printed string read again is the same") {
    for (const std::string_view text : {"", "a", "\"\\\"", "x\r\ny", "\xFF\xFE", "{3}\r\n"}) {
        const auto out = printed(text);
        ArgReader in(out);
        CHECK(in.string().value() == text);
        CHECK(in.at_end());
    }
}

TEST_CASE("flags in Courier's order") {
    using store::Flag;
    CHECK(flags({}, false, {}).empty());
    CHECK(flags(Flag::seen, true, {}) == "\\Seen \\Recent");
    CHECK(flags(Flag::deleted | Flag::seen | Flag::answered | Flag::flagged | Flag::draft, true, {"b", "a"}) ==
          "\\Draft \\Flagged \\Answered \\Seen \\Deleted \\Recent b a");
    CHECK(flags({}, true, {"kw1"}) == "\\Recent kw1");
    CHECK(flags({}, false, {"kw1", "kw2"}) == "kw1 kw2");
}

TEST_CASE("envelopes") {
    CHECK(envelope({}) == "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    mime::Envelope value;
    value.date = "Mon, 7 Feb 1994 21:52:25 -0800 (PST)";
    value.subject = "a \"b\" =?utf-8?Q?=C3=A9?=";
    value.from = {{"Doe, John", "John.Doe", "Example.COM"}, {"comment", "jane", "example.org"}};
    value.sender = {{{}, "\"we ird\"", ""}};
    value.to = {{{}, "undisclosed-recipients", {}}, {{}, {}, {}}};
    value.in_reply_to = "<a@b> <c@d>";
    value.message_id = "<id@host>";
    CHECK(envelope(value) ==
          "(\"Mon, 7 Feb 1994 21:52:25 -0800 (PST)\" \"a \\\"b\\\" =?utf-8?Q?=C3=A9?=\" "
          "((\"Doe, John\" NIL \"John.Doe\" \"Example.COM\")(\"comment\" NIL \"jane\" \"example.org\")) "
          "((NIL NIL \"\\\"we ird\\\"\" \"\")) NIL "
          "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) NIL NIL \"<a@b> <c@d>\" \"<id@host>\")");
}

TEST_CASE("8-bit text in envelopes") {
    mime::Envelope value;
    value.subject = "Grüße\r\n\tx\xFF";
    CHECK(envelope(value) == "(NIL \"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=\tx\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    CHECK(envelope(value, true) == "(NIL \"Grüße\tx\" NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST_CASE("header text is one line of ASCII") {
    const std::vector<std::pair<std::string_view, std::string_view>> rows = {
        {"", ""},
        {"plain  text", "plain  text"},
        {"=?utf-8?Q?x?= y", "=?utf-8?Q?x?= y"},
        {"a\r\nb", "ab"},
        {{"a\0b", 3}, "ab"},
        {"\xFF\xC3", ""},
        {"caf\xE9", "caf"},
        {"\xED\xA0\x80x", "x"},
        {"né", "=?utf-8?Q?n=C3=A9?="},
        {"the né x", "the =?utf-8?Q?n=C3=A9?= x"},
        {"é  é", "=?utf-8?Q?=C3=A9?= =?utf-8?Q?__=C3=A9?="},
        {"=?utf-8?Q?x?= é", "=?utf-8?Q?x?= =?utf-8?Q?_=C3=A9?="},
        {"é =?utf-8?Q?x?=", "=?utf-8?Q?=C3=A9?= =?utf-8?Q?_?= =?utf-8?Q?x?="},
        {"é=_?(\"", "=?utf-8?Q?=C3=A9=3D=5F=3F=28=22?="},
        {" é ", " =?utf-8?Q?=C3=A9?= "},
    };
    for (const auto& [text, expected] : rows) {
        INFO(text);
        CHECK(header_text(text, false) == expected);
    }
    CHECK(header_text("né\r\n\xFF", true) == "né");
}

TEST_CASE("long words become several encoded words of at most 75 bytes") {
    std::string text;
    for (int i = 0; i < 50; ++i) {
        text += "😀x";
    }
    auto rest = header_text(text, false);
    std::size_t pieces = 0;
    while (!rest.empty()) {
        const auto word = rest.substr(0, rest.find(' '));
        CHECK(word.size() <= 75);
        CHECK(word.starts_with("=?utf-8?Q?"));
        CHECK(word.ends_with("?="));
        rest.erase(0, word.size() + 1);
        ++pieces;
    }
    CHECK(pieces > 5);
}
