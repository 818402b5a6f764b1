// Header fields, Content-Type and Content-Disposition.
#include "mime/header.hpp"

#include "core/limits.hpp"
#include "support/catch.hpp"

namespace postrider::mime {

namespace {

struct Shown {
    std::string name;
    std::string value;
    std::string raw;
    friend bool operator==(const Shown&, const Shown&) = default;
};

std::vector<Shown> fields_of(std::string_view header) {
    std::vector<Shown> fields;
    each_field(header, [&](const Field& field) {
        fields.push_back({std::string(field.name), std::string(field.value), std::string(field.raw)});
    });
    return fields;
}

}  // namespace

TEST_CASE("fields are split at lines that do not begin with a blank") {
    CHECK(fields_of("").empty());
    CHECK(fields_of("A: 1\nB : 2\r\n c\r\nD:\n\nE: no\n") ==
          std::vector<Shown>{{"A", " 1", "A: 1\n"}, {"B", " 2\r\n c", "B : 2\r\n c\r\n"}, {"D", "", "D:\n"}});
    CHECK(fields_of("A: 1\r\n\r\nB: 2") == std::vector<Shown>{{"A", " 1", "A: 1\r\n"}});
    CHECK(fields_of("A: cut") == std::vector<Shown>{{"A", " cut", "A: cut"}});
}

TEST_CASE("lines that are no fields are passed over with their continuations") {
    CHECK(fields_of("From joe Mon Feb  7 21:52:25 1994\nA: 1\n") == std::vector<Shown>{{"A", " 1", "A: 1\n"}});
    CHECK(fields_of(" folded: first\nno colon\n B: 1\n: no name\nC: 2\n") == std::vector<Shown>{{"C", " 2", "C: 2\n"}});
}

TEST_CASE("a field's value is unfolded and has no blanks around it") {
    const std::string_view header = "Subject: one\r\n\ttwo  \nsubject: other\nEmpty:\n";
    CHECK(field_value(header, "SUBJECT") == "one\ttwo");
    CHECK(field_value(header, "empty") == "");
    CHECK(field_value(header, "none") == std::nullopt);
    CHECK(unfolded("a\r\n b\n\tc\rd") == "a b\tc\rd");
}

TEST_CASE("content types") {
    struct Case {
        std::string_view value;
        std::optional<ContentType> expected;
    };
    const std::vector<Case> cases{
        {"text/plain", ContentType{"text", "plain", {}}},
        {" TEXT / Html ; Charset=UTF-8", ContentType{"text", "html", {{"charset", "UTF-8"}}}},
        {"text/plain; charset=us-ascii (Plain text)", ContentType{"text", "plain", {{"charset", "us-ascii"}}}},
        {"(c)text(c)/(c (nested))plain(c);(c)a(c)=(c)b(c)", ContentType{"text", "plain", {{"a", "b"}}}},
        {"a/b; x=\"q \\\" \\\\ ; =\"; y=2", ContentType{"a", "b", {{"x", "q \" \\ ; ="}, {"y", "2"}}}},
        {"multipart/mixed;\r\n boundary=----=_Part/1",
         ContentType{"multipart", "mixed", {{"boundary", "----=_Part/1"}}}},
        {"a/b; name=my  file.pdf ; c=d", ContentType{"a", "b", {{"name", "my file.pdf"}, {"c", "d"}}}},
        {"a/b; charset=\"x\" reply-type=original",
         ContentType{"a", "b", {{"charset", "x"}, {"reply-type", "original"}}}},
        {"a/b charset=x", ContentType{"a", "b", {{"charset", "x"}}}},
        {"a/b;;; x ; =y; z=", ContentType{"a", "b", {{"z", ""}}}},
        {"a/b; x=\"open", ContentType{"a", "b", {{"x", "open"}}}},
        {"a/b; n*0*=utf-8''%41; N*1=b", ContentType{"a", "b", {{"n*0*", "utf-8''%41"}, {"n*1", "b"}}}},
        {"", std::nullopt},
        {"text", std::nullopt},
        {"text/", std::nullopt},
        {"/plain", std::nullopt},
        {"; a=b", std::nullopt},
        {"(unclosed", std::nullopt},
    };
    for (const Case& c : cases) {
        INFO(c.value);
        CHECK((parse_content_type(c.value) == c.expected));
    }
}

TEST_CASE("dispositions") {
    CHECK((parse_disposition("Attachment; FileName=\"a b\"") == Disposition{"attachment", {{"filename", "a b"}}}));
    CHECK((parse_disposition("\"INLINE\"") == Disposition{"inline", {}}));
    CHECK(!parse_disposition(""));
    CHECK(!parse_disposition("; filename=x"));
}

TEST_CASE("parameters are counted up to the limit") {
    for (const std::size_t count :
         {limits::mime_parameters - 1, limits::mime_parameters, limits::mime_parameters + 1}) {
        std::string value = "a/b";
        for (std::size_t i = 0; i < count; ++i) {
            value += ";p=v";
        }
        CHECK(parse_content_type(value)->parameters.size() == std::min(count, limits::mime_parameters));
    }
    std::string many = "a/b";
    for (int i = 0; i < 100'000; ++i) {
        many += ";p*" + std::to_string(i) + "*=v";
    }
    CHECK(parse_content_type(many)->parameter("p")->size() == limits::mime_parameters);
}

TEST_CASE("a parameter in RFC 2231 pieces and encodings is joined and decoded") {
    struct Case {
        std::string_view value;
        std::optional<std::string> expected;
    };
    const std::vector<Case> cases{
        {"a/b; n=plain", "plain"},
        {"a/b; N=first; n=second", "first"},
        {"a/b; n*=utf-8'en'%e2%82%ac%20x", "\u20ac x"},
        {"a/b; n=plain; n*=iso-8859-1''caf%E9", "caf\u00e9"},
        {"a/b; n*1=b; n*0=a; n*2=c", "abc"},
        {"a/b; n*0*=utf-8''%e2%82; n*1*=%ac; n*2=%41", "\u20ac%41"},
        {"a/b; n*0=a; n*2=c", "a"},
        {"a/b; n*1=b", std::nullopt},
        {"a/b; n*1=b; n=whole", "whole"},
        {"a/b; n*=nocharset", "nocharset"},
        {"a/b; n*=x-none''%41%zz", "A%zz"},
        {"a/b; nn*=utf-8''x", std::nullopt},
        {"a/b; n*x=1", std::nullopt},
    };
    for (const Case& c : cases) {
        INFO(c.value);
        CHECK(parse_content_type(c.value)->parameter("n") == c.expected);
    }
}

}  // namespace postrider::mime
