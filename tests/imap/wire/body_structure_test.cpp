// BODY and BODYSTRUCTURE. RFC 3501 section 7.4.2; compat/imap.md section 9.
#include <memory>

#include "imap/wire/printer.hpp"
#include "support/catch.hpp"

using namespace postrider;
using namespace postrider::imap::wire;

namespace {

mime::Part leaf(std::string type, std::string subtype, std::uint64_t size, std::uint64_t lines) {
    mime::Part part;
    part.content_type.type = std::move(type);
    part.content_type.subtype = std::move(subtype);
    part.body = {100, 100 + size - lines, lines};
    part.body_lines = lines;
    return part;
}

mime::Part two_texts() {
    mime::Part part = leaf("multipart", "alternative", 200, 0);
    part.content_type.parameters = {{"boundary", "xX1"}};
    part.children.push_back(leaf("text", "plain", 14, 1));
    part.children.front().content_type.parameters = {{"charset", "UTF-8"}};
    part.children.front().encoding = mime::Encoding::eight_bit;
    part.children.push_back(leaf("text", "html", 21, 1));
    return part;
}

std::string body(const mime::Part& part, bool utf8 = false) {
    std::string out;
    print_body_structure(out, part, Extensions::leave_out, utf8);
    return out;
}

std::string structure(const mime::Part& part, bool utf8 = false) {
    std::string out;
    print_body_structure(out, part, Extensions::include, utf8);
    return out;
}

}  // namespace

TEST_CASE("a message with two texts") {
    const auto part = two_texts();
    CHECK(structure(part) ==
          "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 14 1 NIL NIL NIL)"
          "(\"text\" \"html\" NIL NIL NIL \"7bit\" 21 1 NIL NIL NIL) "
          "\"alternative\" (\"boundary\" \"xX1\") NIL NIL)");
    CHECK(body(part) ==
          "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 14 1)"
          "(\"text\" \"html\" NIL NIL NIL \"7bit\" 21 1) \"alternative\")");
}

TEST_CASE("all that a leaf can have") {
    auto part = leaf("application", "pdf", 1000, 10);
    part.content_type.parameters = {{"name*", "utf-8''%e2%82%ac.pdf"}, {"x", "A\"b"}};
    part.encoding = mime::Encoding::base64;
    part.id = "<part@host>";
    part.description = "a paper";
    part.md5 = "Q2hlY2sgSW50ZWdyaXR5IQ==";
    part.disposition = mime::Disposition{"attachment", {{"filename", "Ä.pdf"}}};
    part.languages = {"de", "en"};
    part.location = "http://example.org/";
    const std::string fields =
        "(\"application\" \"pdf\" (\"name*\" \"utf-8''%e2%82%ac.pdf\" \"x\" \"A\\\"b\") \"<part@host>\" \"a paper\" "
        "\"base64\" 1000";
    CHECK(body(part) == fields + ")");
    CHECK(structure(part) == fields +
                                 " \"Q2hlY2sgSW50ZWdyaXR5IQ==\" (\"attachment\" (\"filename\" "
                                 "\"=?utf-8?Q?=C3=84=2Epdf?=\")) (\"de\" \"en\") \"http://example.org/\")");
    CHECK(structure(part, true).find("\"Ä.pdf\"") != std::string::npos);
}

TEST_CASE("disposition, one language and location of a multipart") {
    auto part = two_texts();
    part.disposition = mime::Disposition{"inline", {}};
    part.languages = {"fr"};
    CHECK(structure(part).ends_with(" \"alternative\" (\"boundary\" \"xX1\") (\"inline\" NIL) \"fr\")"));
    part.location = "cid:x";
    CHECK(structure(part).ends_with(" (\"inline\" NIL) \"fr\" \"cid:x\")"));
    CHECK(body(part).ends_with(" \"alternative\")"));
}

TEST_CASE("encodings") {
    using mime::Encoding;
    const auto printed = [](Encoding encoding, std::string name) {
        auto part = leaf("image", "png", 5, 0);
        part.encoding = encoding;
        part.encoding_name = std::move(name);
        const auto out = body(part);
        const std::string_view before = "(\"image\" \"png\" NIL NIL NIL ";
        return out.substr(before.size(), out.size() - before.size() - 3);
    };
    CHECK(printed(Encoding::seven_bit, "") == "\"7bit\"");
    CHECK(printed(Encoding::eight_bit, "8bit") == "\"8bit\"");
    CHECK(printed(Encoding::binary, "binary") == "\"binary\"");
    CHECK(printed(Encoding::quoted_printable, "quoted-printable") == "\"quoted-printable\"");
    CHECK(printed(Encoding::base64, "base64") == "\"base64\"");
    CHECK(printed(Encoding::other, "x-uuencode") == "\"x-uuencode\"");
    CHECK(printed(Encoding::other, "") == "\"7bit\"");
}

TEST_CASE("a message inside a message") {
    auto part = leaf("message", "rfc822", 60, 4);
    part.children.push_back(leaf("text", "plain", 10, 1));
    part.children.front().envelope = std::make_unique<mime::Envelope>();
    part.children.front().envelope->subject = "inner";
    const std::string envelope = "(NIL \"inner\" NIL NIL NIL NIL NIL NIL NIL NIL)";
    CHECK(body(part) == "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 " + envelope +
                            " (\"text\" \"plain\" NIL NIL NIL \"7bit\" 10 1) 4)");
    CHECK(structure(part) == "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 60 " + envelope +
                                 " (\"text\" \"plain\" NIL NIL NIL \"7bit\" 10 1 NIL NIL NIL) 4 NIL NIL NIL)");
}

TEST_CASE("a message that was not looked into shows an empty one, since the grammar wants one") {
    auto part = leaf("message", "rfc822", 60, 4);
    part.encoding = mime::Encoding::base64;
    CHECK(body(part) ==
          "(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 60 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "
          "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0) 4)");
    CHECK(body(leaf("message", "delivery-status", 9, 1)) == "(\"message\" \"delivery-status\" NIL NIL NIL \"7bit\" 9)");
}

TEST_CASE("a multipart without parts is a leaf") {
    auto part = leaf("multipart", "mixed", 12, 2);
    part.content_type.parameters = {{"boundary", "b"}};
    CHECK(body(part) == "(\"multipart\" \"mixed\" (\"boundary\" \"b\") NIL NIL \"7bit\" 12)");
    CHECK(structure(part) == "(\"multipart\" \"mixed\" (\"boundary\" \"b\") NIL NIL \"7bit\" 12 NIL NIL NIL)");
}
