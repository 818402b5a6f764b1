// Charsets, encoded words, search form, and the decoder that joins them for text parts.
#include "mime/decode.hpp"

#include "core/text.hpp"
#include "mime/charset.hpp"
#include "support/catch.hpp"

namespace postrider::mime {

namespace {

std::string decoded(Encoding encoding, std::string_view charset, std::string_view body, std::size_t step) {
    TextDecoder decoder(encoding, charset);
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += step) {
        decoder.feed(body.substr(at, step), out);
    }
    decoder.finish(out);
    return out;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

/// Byte by byte, as search_form is described; ASCII only.
std::string plainly_folded(std::string_view ascii) {
    std::string out;
    for (const char c : ascii) {
        const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!is_space || !out.ends_with(' ')) {
            out += is_space ? ' ' : to_lower(c);
        }
    }
    return out;
}

}  // namespace

TEST_CASE("charsets are known by their names") {
    for (const auto* name : {"", "us-ascii", "US-ASCII", "utf-8", "UTF8", " iso-8859-1 ", "windows-1252", "gb2312",
                             "iso-2022-jp", "koi8-r", "big5", "euc-kr", "ks_c_5601-1987", "utf-7", "utf-16"}) {
        INFO(name);
        CHECK(is_known_charset(name));
    }
    for (const auto* name : {"x-unknown", "gb", "../../etc/passwd", "utf-8,swaplfnl", "a b", "\xFF"}) {
        INFO(name);
        CHECK(!is_known_charset(name));
        CHECK(!to_utf8("x", name));
    }
    CHECK(!is_known_charset(std::string(100'000, 'u')));
}

TEST_CASE("bytes become UTF-8") {
    struct Case {
        std::string_view bytes;
        std::string_view charset;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {"plain", "us-ascii", "plain"},
        {"\xC3\xA9", "", "\u00e9"},
        {"\x93\xE9\x94", "us-ascii", "\u201c\u00e9\u201d"},
        {"\xE9", "iso-8859-1", "\u00e9"},
        {"\x80", "windows-1252", "\u20ac"},
        {"a\xFFz\xE2\x82", "utf-8", "a\ufffdz\ufffd"},
        {"\xED\xA0\x80", "utf-8", "\ufffd\ufffd\ufffd"},
        {"\x1B$B$3$s\x1B(B!", "iso-2022-jp", "\u3053\u3093!"},
        {"\xD0\xD2", "koi8-r", "\u043f\u0440"},
        {"\xC4\xE3\x81\x30\x81\x30", "gb2312", "\u4f60\u0080"},
        {"\xFF", "shift_jis", "\ufffd"},
        {"\x82", "shift_jis", "\ufffd"},
        {std::string_view("\xD8\x3D\xDE\x00", 4), "utf-16be", "\U0001F600"},
        {"", "shift_jis", ""},
    };
    for (const Case& c : cases) {
        INFO(c.charset << ": " << c.bytes);
        CHECK(to_utf8(c.bytes, c.charset) == c.expected);
    }
}

TEST_CASE("a charset's bytes may come in pieces") {
    const std::string japanese = repeated("\x1B$B$3$s\x1B(B! ", 2000);
    for (const std::size_t step : {1U, 7U, 4096U}) {
        auto decoder = CharsetDecoder::of("iso-2022-jp");
        std::string out;
        for (std::size_t at = 0; at < japanese.size(); at += step) {
            decoder->feed(std::string_view(japanese).substr(at, step), out);
        }
        decoder->finish(out);
        CHECK(out == repeated("\u3053\u3093! ", 2000));
    }
}

TEST_CASE("encoded words") {
    struct Case {
        std::string_view value;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {"", ""},
        {"plain  text", "plain  text"},
        {"=?us-ascii?Q?Keith_Moore?= <m@x>", "Keith Moore <m@x>"},
        {"=?ISO-8859-1?Q?a?=", "a"},
        {"=?ISO-8859-1?Q?a?= b", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-2?Q?_b?=", "a b"},
        {"x =?utf-8?q?a?= \t=?utf-8?B?Yg==?= y", "x ab y"},
        {"=?utf-8*en?q?=C3=A9=?=", "\u00e9="},
        {"=?utf-8?B?4oI?= =?UTF-8?B?rA?=", "\u20ac"},
        {"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "\u20ac"},
        {"(=?utf-8?q?a?=)=?utf-8?q?b?=c", "(a)bc"},
        {"=?gb2312?B?xOO6ww==?=", "\u4f60\u597d"},
        {"=?x-none?Q?a?= =?utf-8?Q?b?=", "=?x-none?Q?a?= b"},
        {"=?utf-8?Q?b?= =?x-none?Q?a?=", "b =?x-none?Q?a?="},
        {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
        {"=?utf-8?B?a*b?=", "=?utf-8?B?a*b?="},
        {"=?utf-8?B?abcde?=", "=?utf-8?B?abcde?="},
        {"=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="},
        {"=?utf-8?Q?"
         "?= =?utf-8?Q?x?=",
         "x"},
        {"=?utf-8?Q?cut", "=?utf-8?Q?cut"},
        {"=?=?=?utf-8?Q?a?=", "=?=?a"},
        {"=?", "=?"},
        {"=?utf-8?Q?a?= ", "a "},
        {"J\xC3\xB6rg", "J\u00f6rg"},
        {"J\xF6rg =?utf-8?q?a?=", "J\u00f6rg a"},
    };
    for (const Case& c : cases) {
        INFO(c.value);
        CHECK(decode_words(c.value) == c.expected);
    }
    CHECK(decode_words(repeated("=?", 500'000)).size() == 1'000'000);
    CHECK(decode_words(repeated("=?utf-8?q?a?= ", 100'000)).size() == 100'001);
    CHECK(decode_words(repeated("=?gb?q?a?= =?x?q?a?= ", 50'000)).size() == 1'050'000);
}

TEST_CASE("search form") {
    struct Case {
        std::string_view text;
        std::string_view expected;
    };
    const std::vector<Case> cases{
        {"", ""},
        {"Hello, WORLD", "hello, world"},
        {"  a \t\r\n b\v\f", " a b "},
        {"Stra\u00dfe \u00c9COLE", "strasse \u00e9cole"},
        {"E\u0301cole e\u0301", "\u00e9cole \u00e9"},
        {"\uff21\uff22 \ufb01n", "ab fin"},
        {"a\u00a0\u3000 b\u2028\u1680c\u0085", "a b c "},
        {"so\u00adft", "soft"},
        {"\u03a3\u03c2\u03c3", "\u03c3\u03c3\u03c3"},
        {"\u1100\u1161\u11a8", "\uac01"},
        {"\xFF", "\ufffd"},
        {"\u0301", "\u0301"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        CHECK(search_form(c.text) == c.expected);
        CHECK(search_form(search_form(c.text)) == c.expected);
    }
}

TEST_CASE("ASCII folds alike at every place of a long text") {
    using namespace std::string_view_literals;
    const std::string words = repeated("The 7 [Words] of_A @long`text{z}~\x7F, ", 4);
    for (std::size_t at = 0; at < words.size(); ++at) {
        for (const std::string_view inside : {" "sv, "  "sv, "\n"sv, " \t\r\n  "sv, "Z"sv, "\0"sv}) {
            std::string text = words;
            text.insert(at, inside);
            const std::string expected = plainly_folded(text);
            CHECK(search_form(text) == expected);
            CHECK(decoded(Encoding::seven_bit, "", text, at + 1) == expected);
        }
    }
}

TEST_CASE("text parts are decoded alike wherever they are cut") {
    struct Case {
        Encoding encoding;
        std::string_view charset;
        std::string body;
        std::string expected;
    };
    const std::vector<Case> cases{
        {Encoding::seven_bit, "", "Plain\r\nTEXT \n\n end", "plain text end"},
        {Encoding::eight_bit, "", "Caf\xE9 \x93Z\x94 caf\xC3\xA9", "caf\u00e9 \u201cz\u201d caf\u00e9"},
        {Encoding::eight_bit, "x-unknown", "\x80 \xC3\xA9", "\u20ac \u00e3\u00a9"},
        {Encoding::binary, "utf-8", "E\u0301 \u1100\u1161\u11a8\u4f60\xE2\x82", "\u00e9 \uac01\u4f60\ufffd"},
        {Encoding::quoted_printable, "utf-8", "A=C3=\r\n=89b= \t\nc =3d =zz =\n=", "a\u00e9bc = =zz ="},
        {Encoding::quoted_printable, "us-ascii", "a=4==41=\t x", "a=4=a= x"},
        {Encoding::quoted_printable, "", "cut =4", "cut =4"},
        {Encoding::base64, "utf-8", "w4\r\nlj\n b!2xl\n", "\u00e9cole"},
        {Encoding::base64, "", "QQ==\nQkM=\nRA", "abcd"},
        {Encoding::base64, "", "Q", ""},
        {Encoding::base64, "iso-2022-jp", "GyRCJDMkcxsoQiE=", "\u3053\u3093!"},
        {Encoding::other, "", "=41 \n=42", "=41 =42"},
    };
    for (const Case& c : cases) {
        INFO(c.body);
        for (const std::size_t step : {1U, 2U, 3U, 5U, 1000U}) {
            CHECK(decoded(c.encoding, c.charset, c.body, step) == c.expected);
        }
    }
}

TEST_CASE("heaps of combining marks keep memory flat and the result the same") {
    const std::string marks = "A" + repeated("\u0301", 5000) + repeated("\u4f60", 5000) + "b";
    const std::string whole = search_form(marks);
    CHECK(whole.starts_with("\u00e1"));
    CHECK(decoded(Encoding::eight_bit, "utf-8", marks, 1) == whole);
    CHECK(decoded(Encoding::eight_bit, "utf-8", marks, 1023) == whole);
    CHECK(decoded(Encoding::base64, "utf-8", base64_encode(marks), 76) == whole);
}

}  // namespace postrider::mime
